using Afterimage.Backfill.Sources;
using Afterimage.Entries;

namespace Afterimage.Backfill.Jobs;

/// <summary>
/// An object of a source that is an entry of another Afterimage store: a file of <c>data/entries</c> or an object of a bucket of ours. It says itself what it is,
/// so that moving it changes nothing but the batch, by which the move can be taken back.
/// </summary>
internal static class MovedEntry
{
    private const string Ending = ".entry";

    /// <summary>What becomes of an entry; null where the object is none.</summary>
    public static AdoptedImage? Read(SourceImage image, ReadOnlyMemory<byte> bytes, BackfillJob job, DateTimeOffset now)
    {
        if (!image.Key.EndsWith(Ending, StringComparison.Ordinal) || !Hash256.TryParseHex(Path.GetFileNameWithoutExtension(image.Key.AsSpan()), out Hash256 key))
        {
            return null;
        }

        EntryFault fault = EntryCodec.TryDecode(bytes, key, out EntryHeader? header, out ReadOnlyMemory<byte> body);
        return header is null ? Failed(image, "damaged entry", fault.ToString())
            : header.Expires <= now ? Failed(image, "expired", null)
            : job.Options.InPlace ? Failed(image, "an entry cannot be left in place", "say --copy")
            : new AdoptedImage(image, header with { Batch = job.Batch, Extraction = header.Extraction ?? "entry" }, body, null) { BytesRead = bytes.Length };
    }

    private static AdoptedImage Failed(SourceImage image, string reason, string? detail) => new(image, null, default, new BackfillFailure(image.Key, reason, detail));
}
