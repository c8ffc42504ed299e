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
    // A proxy that says nothing of itself cannot be told from a local client; docs/operations.md asks for a token behind one.
    private static readonly string[] ProxyHeaders = ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"];

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
            && !Array.Exists(ProxyHeaders, context.Request.Headers.ContainsKey)
            && IsLocalName(context.Request.Host.Host)
            && (context.Request.Headers.Origin.Count == 0 || Uri.TryCreate(context.Request.Headers.Origin, UriKind.Absolute, out Uri? page) && IsLocalName(page.Host));
    }

    private static bool IsLocalName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address);
}
