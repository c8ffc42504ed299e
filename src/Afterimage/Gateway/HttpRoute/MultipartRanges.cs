using System.Buffers;
using System.Text;
using Afterimage.Caching.Http;
using Afterimage.Entries;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>Several ranges of one stored response as <c>multipart/byteranges</c>, RFC 9110 section 14.6.</summary>
/// <param name="Boundary">Between the parts; random, so that content cannot contain it on purpose.</param>
/// <param name="Body">The parts with their header sections.</param>
internal sealed record MultipartRanges(string Boundary, ReadOnlyMemory<byte> Body)
{
    private const int RangesMax = 16;

    public string ContentType => $"multipart/byteranges; boundary={Boundary}";

    /// <summary>
    /// The ranges to send, in the order asked; null where the request is to be answered with the whole: many ranges, or ranges that overlap, are more
    /// likely an attack than a wish (section 14.2). Empty where none is satisfiable.
    /// </summary>
    public static List<RangeSelection>? Select(StoredResponse stored, IReadOnlyList<RangeSpec> ranges)
    {
        if (ranges.Count > RangesMax)
        {
            return null;
        }

        List<RangeSelection> selected = [.. ranges.Select(range => RangeSelection.Of(stored, range)).Where(selection => selection.Outcome == RangeOutcome.Held)];
        List<RangeSelection> ordered = [.. selected.OrderBy(selection => selection.Offset)];
        for (int i = 1; i < ordered.Count; i++)
        {
            if (ordered[i].Offset < ordered[i - 1].Offset + ordered[i - 1].Range.Length)
            {
                return null;
            }
        }

        return selected;
    }

    /// <summary>Reads the ranges. Throws <see cref="IOException"/> where the content cannot be read.</summary>
    public static async ValueTask<MultipartRanges> ReadAsync(StoredResponse stored, IStoredContent content, IReadOnlyList<RangeSelection> selected)
    {
        string boundary = Guid.NewGuid().ToString("N");
        var body = new ArrayBufferWriter<byte>();
        string? type = stored.Fields.First("Content-Type");
        foreach (RangeSelection selection in selected)
        {
            string head = $"--{boundary}\r\n{(type is null ? "" : $"Content-Type: {type}\r\n")}Content-Range: {selection.Range}\r\n\r\n";
            body.Write(Encoding.Latin1.GetBytes(head));
            int length = (int)selection.Range.Length;
            await content.ReadExactlyAsync(selection.Offset, body.GetMemory(length)[..length], CancellationToken.None);
            body.Advance(length);
            body.Write("\r\n"u8);
        }

        body.Write(Encoding.ASCII.GetBytes($"--{boundary}--\r\n"));
        return new MultipartRanges(boundary, body.WrittenMemory);
    }
}
