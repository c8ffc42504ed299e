using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Afterimage.Admin;

/// <summary>
/// Who may use the admin interface: requests from this machine, or whoever brings the token. With a token set it is asked of everyone, since a proxy in
/// front makes strangers look local.
/// </summary>
internal sealed class AdminAccess(string token)
{
    private readonly byte[] _expected = Encoding.UTF8.GetBytes("Bearer " + token);

    public bool Allows(HttpContext context)
    {
        if (token.Length > 0)
        {
            byte[] given = Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString());
            return CryptographicOperations.FixedTimeEquals(given, _expected);
        }

        // A browser on this machine may be told by any page to call us; such calls carry a foreign Origin, and DNS rebinding a foreign Host.
        return context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
            && context.Request.Headers["X-Forwarded-For"].Count == 0
            && IsLocalName(context.Request.Host.Host)
            && (context.Request.Headers.Origin.Count == 0 || Uri.TryCreate(context.Request.Headers.Origin, UriKind.Absolute, out Uri? page) && IsLocalName(page.Host));
    }

    private static bool IsLocalName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address);
}
