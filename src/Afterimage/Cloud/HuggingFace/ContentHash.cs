using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Afterimage.Cloud.HuggingFace;

/// <summary>The two hashes by which the hub names contents, told apart by their length.</summary>
internal static class ContentHash
{
    public static bool IsKnown(string hash) => hash.Length is 40 or 64 && hash.All(char.IsAsciiHexDigitLower);

    /// <summary>Whether a file's content has the hash: SHA-256, or the SHA-1 that git gives a blob (of a header with the length, then the content).</summary>
    public static async Task<bool> MatchesAsync(string path, string hash, CancellationToken cancellationToken)
    {
        await using FileStream file = File.OpenRead(path);
        using var hasher = IncrementalHash.CreateHash(hash.Length == 64 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (hash.Length != 64)
        {
            hasher.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Length}\0")));
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            while (await file.ReadAsync(buffer, cancellationToken) is var read and > 0)
            {
                hasher.AppendData(buffer, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Convert.ToHexStringLower(hasher.GetHashAndReset()) == hash;
    }
}
