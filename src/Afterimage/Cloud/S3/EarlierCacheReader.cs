using Afterimage.Backfill.Keys;

namespace Afterimage.Cloud.S3;

/// <summary>
/// Exact hits from a bucket that the earlier cache wrote, by its own keys bit for bit, so that an operator who switches keeps every one of them. Reads only;
/// the gateway admits what it finds like an origin's answer, and the entry is its own from then on.
/// </summary>
internal sealed class EarlierCacheReader(S3Objects objects, EarlierCacheOptions options)
{
    /// <summary>What was found.</summary>
    /// <param name="Bytes">The image.</param>
    /// <param name="Key">The object's name.</param>
    /// <param name="Metadata">Its user metadata (<c>originalUrl</c> and others, where the version wrote them), names in any case.</param>
    public readonly record struct Found(ReadOnlyMemory<byte> Bytes, string Key, IReadOnlyDictionary<string, string> Metadata);

    /// <summary>
    /// Looks a request up under every version at once, because most requests find nothing and would wait for each. The first version in the order of the options
    /// that has it counts; <see cref="S3Answer.Missing"/> where none has it, <see cref="S3Answer.Unavailable"/> where the bucket could not be asked.
    /// </summary>
    /// <param name="pathAndQuery">From the first slash on, percent-encoded exactly as the client sent it: the old key depends on the spelling.</param>
    public async ValueTask<(S3Answer Answer, Found Found)> TryReadAsync(string pathAndQuery, CancellationToken cancellationToken)
    {
        string[] keys = [.. options.Versions.Select(v => options.Prefix + EarlierKeyScheme.KeyOf(pathAndQuery, v.Length == 0 ? null : v, options.FixedSeedModels))];
        var reads = await Task.WhenAll(keys.Select(key => objects.GetAsync(key, null, cancellationToken).AsTask()));
        foreach ((string key, (S3Answer answer, byte[] bytes, IReadOnlyDictionary<string, string> metadata, _)) in keys.Zip(reads))
        {
            if (answer == S3Answer.Done && IsOf(pathAndQuery, metadata))
            {
                S3Meters.CountFetch("earlier");
                return (S3Answer.Done, new Found(bytes, key, metadata));
            }
        }

        return (reads.Any(read => read.Answer == S3Answer.Unavailable) ? S3Answer.Unavailable : S3Answer.Missing, default);
    }

    // '_' stands for five characters and the hash has 31 bits, so where the object says which URL it answers, that decides. The query is not compared: the
    // scheme sorts it and drops parts of it. A value cut by the limits of metadata is a prefix.
    private static bool IsOf(string pathAndQuery, IReadOnlyDictionary<string, string> metadata)
    {
        if (!(metadata.TryGetValue("x-amz-meta-originalurl", out string? url) || metadata.TryGetValue("originalUrl", out url))
            || !Uri.TryCreate(url, UriKind.Absolute, out Uri? original)
            || !Uri.TryCreate("http://localhost" + pathAndQuery, UriKind.Absolute, out Uri? asked))
        {
            return true;
        }

        string had = Uri.UnescapeDataString(original.AbsolutePath);
        string wanted = Uri.UnescapeDataString(asked.AbsolutePath);
        return had == wanted || (had.Length >= 200 && wanted.StartsWith(had, StringComparison.Ordinal));
    }
}
