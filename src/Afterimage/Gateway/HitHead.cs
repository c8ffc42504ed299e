using System.Globalization;
using System.Text;
using Afterimage.Entries;
using Microsoft.Extensions.Primitives;

namespace Afterimage.Gateway;

/// <summary>Status line and fields of an exact hit as bytes, as Kestrel would write them. They tell the time, so they are good for a second.</summary>
/// <param name="Headers">What they were made from.</param>
/// <param name="Second">Since 1970.</param>
/// <param name="Status">200 or 304.</param>
internal sealed record HitHead(HitHeaders Headers, long Second, int Status, byte[] Bytes)
{
    // What an operator has replayed must not say how the message ends.
    private static readonly HashSet<string> Framing = new(["Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes one; null where a field could not be sent, which Kestrel is to say.</summary>
    public static HitHead? Of(CacheHeaders headers, HitHeaders hit, EntryHeader entry, int status, DateTimeOffset now)
    {
        var fields = new HeaderDictionary();
        headers.Exact(fields, hit);
        if (status == StatusCodes.Status200OK)
        {
            fields.ContentLength = entry.Length;
        }

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

        return new HitHead(hit, now.ToUnixTimeSeconds(), status, Encoding.Latin1.GetBytes(text.Append("\r\n").ToString()));
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
