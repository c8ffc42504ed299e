using System.Globalization;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Afterimage.Gateway;

/// <summary>Status line and fields of a hit as bytes, as Kestrel would write them. They tell the time, so they are good for a second.</summary>
/// <param name="Source">What they were made from. It must be small and hold no content: known lines keep it until they are asked for again.</param>
/// <param name="Second">Since 1970.</param>
/// <param name="Status">200 or 304.</param>
internal sealed record HitHead(object Source, long Second, int Status, byte[] Bytes)
{
    // Of what is kept for each known line.
    private const int KeptBytesMax = 2_048;

    // What an operator has replayed must not say how the message ends.
    private static readonly HashSet<string> Framing = new(["Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The head that a line's latest answer had, where it is good still; else null.</summary>
    public static HitHead? Latest(KnownLine line, object source, int status, DateTimeOffset now) =>
        line.Head is { } head && head.Second == now.ToUnixTimeSeconds() && head.Status == status && head.Source == source ? head : null;

    /// <summary>Makes one and keeps it for the next; null where a field could not be sent, which Kestrel is to say.</summary>
    /// <param name="line">Of the request.</param>
    /// <param name="source">What the fields were made from.</param>
    /// <param name="status">200 or 304.</param>
    /// <param name="fields">All that the answer has, but for a <c>Date</c> where it is now.</param>
    /// <param name="now">The time.</param>
    public static HitHead? Of(KnownLine line, object source, int status, HeaderDictionary fields, DateTimeOffset now)
    {
        fields.TryAdd("Date", now.ToString("R", CultureInfo.InvariantCulture));
        var text = new StringBuilder(800);
        text.Append(status == StatusCodes.Status200OK ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 304 Not Modified\r\n");
        foreach ((string name, StringValues values) in fields)
        {
            foreach (string? value in values)
            {
                text.Append(name).Append(": ").Append(value).Append("\r\n");
                if (value is null || !IsSendable(value) || Framing.Contains(name))
                {
                    return null;
                }
            }
        }

        var head = new HitHead(source, now.ToUnixTimeSeconds(), status, Encoding.Latin1.GetBytes(text.Append("\r\n").ToString()));
        line.Head = head.Bytes.Length <= KeptBytesMax ? head : null;
        return head;
    }

    private static bool IsSendable(string value)
    {
        foreach (char c in value)
        {
            if (c is < ' ' or '\u007f' or > '\u00ff')
            {
                return false;
            }
        }

        return true;
    }
}
