using Afterimage.Vectors;

namespace Afterimage.Cloud.Cloudflare;

/// <summary>Makes a space's index and its metadata indexes, in the only order that works: a vector written before its metadata index exists is invisible to filters for ever.</summary>
internal static class VectorizeSetup
{
    private const int PollsMax = 30;
    private const string StoreMark = ", store ";

    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(2);
    private static readonly string[] Properties = [VectorizeWire.Partition, VectorizeWire.Seed];

    public static async Task EnsureAsync(VectorizeApi api, string name, string spaceId, int dimensions, string store, TimeProvider time, CancellationToken cancellationToken)
    {
        if (dimensions > VectorizeLimits.Dimensions)
        {
            throw new VectorIndexUnavailableException(
                $"Vectorize stores at most {VectorizeLimits.Dimensions} dimensions and space {spaceId} has {dimensions}; choose a smaller embedder, or the index provider postgres.");
        }

        if (await api.FindAsync(cancellationToken) is not { } found)
        {
            await api.CreateAsync($"Afterimage, space {spaceId}{(store.Length > 0 ? StoreMark + Mark(store) : "")}", dimensions, cancellationToken);
            found = await api.FindAsync(cancellationToken)
                ?? throw new VectorIndexUnavailableException($"The Vectorize index {name} was created but cannot be found yet.");
        }

        if (found.Dimensions != dimensions || found.Metric != "cosine")
        {
            throw new VectorIndexUnavailableException(
                $"The Vectorize index {name} has {found.Dimensions} dimensions and the metric {found.Metric}; space {spaceId} needs {dimensions} and cosine. Delete it or set another Index:Vectorize:NamePrefix.");
        }

        if (store.Length > 0 && found.Description.IndexOf(StoreMark, StringComparison.Ordinal) is >= 0 and int at && found.Description[(at + StoreMark.Length)..] != Mark(store))
        {
            throw new VectorIndexUnavailableException(
                $"The Vectorize index {name} holds the vectors of another store than {store}, and each would delete the other's. "
                + "Put the entries of all gateways in one bucket (Store:Provider = S3), or set another Index:Vectorize:NamePrefix.");
        }

        string[] missing = [.. Properties.Except(await api.MetadataIndexesAsync(cancellationToken))];
        if (missing.Length == 0)
        {
            return;
        }

        if ((await api.InfoAsync(cancellationToken)).Vectors > 0)
        {
            throw new VectorIndexUnavailableException(
                $"The Vectorize index {name} holds vectors that were written before its metadata index '{missing[0]}' existed; filters will never see them. "
                + "Delete the index and run: afterimage backfill reindex.");
        }

        foreach (string property in missing)
        {
            await api.CreateMetadataIndexAsync(property, cancellationToken);
        }

        await WaitAsync(api, name, time, cancellationToken);
    }

    // Of fixed length: how long a description may be is not said.
    private static string Mark(string store) => Hash256.Of(store).ToHex()[..16];

    private static async Task WaitAsync(VectorizeApi api, string name, TimeProvider time, CancellationToken cancellationToken)
    {
        for (int poll = 0; poll < PollsMax; poll++)
        {
            if (!Properties.Except(await api.MetadataIndexesAsync(cancellationToken)).Any())
            {
                return;
            }

            await Task.Delay(PollEvery, time, cancellationToken);
        }

        throw new VectorIndexUnavailableException($"The metadata indexes of the Vectorize index {name} are not ready yet; nothing is written before they are.");
    }
}
