using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Afterimage.Diagnostics;

namespace Afterimage.Backfill.Jobs;

/// <summary>
/// Entry ids of a batch: ULIDs of the job's start whose random part is made of the exact key and of the image's key in the source. Redoing a chunk makes the same entries,
/// and an entry tells which of several equal images it was made of.
/// </summary>
internal static class BatchIds
{
    public static string Of(BackfillJob job, Hash256 key, string image)
    {
        Span<byte> made = stackalloc byte[Hash256.Size];
        key.WriteTo(made);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(made);
        sha.AppendData(MemoryMarshal.AsBytes(image.AsSpan()));
        sha.GetHashAndReset(made);
        return Ulid.Of(job.Started, made);
    }
}
