using System.Runtime.CompilerServices;
using System.Text.Json;
using Afterimage.Vectors;

namespace Afterimage.Cloud.Cloudflare;

/// <summary>What Vectorize has of a space, in as few requests as its limits allow.</summary>
internal sealed class VectorizeReader(VectorizeApi api, int dimensions)
{
    /// <summary>The nearest vectors, nearest first as far as Vectorize knows.</summary>
    /// <param name="wanted">How many, where Vectorize gives so many with their values.</param>
    public async Task<IEnumerable<VectorRecord>> QueryAsync(VectorQuery query, int wanted, CancellationToken cancellationToken)
    {
        if (query.Count > VectorizeLimits.TopKWithValues)
        {
            return await QueryManyAsync(query, cancellationToken);
        }

        ReadOnlyMemory<byte> body = VectorizeWire.Query(query, Math.Min(wanted, VectorizeLimits.TopKWithValues), values: true);
        return (await api.QueryAsync(body, cancellationToken)).Select(m => VectorizeWire.Read(m, dimensions)).OfType<VectorRecord>();
    }

    // More than 50 come without values; they are fetched in twenties. Nobody in the way of a request asks for so many.
    private async Task<IEnumerable<VectorRecord>> QueryManyAsync(VectorQuery query, CancellationToken cancellationToken)
    {
        IReadOnlyList<JsonElement> matches = await api.QueryAsync(VectorizeWire.Query(query, VectorizeLimits.TopK, values: false), cancellationToken);
        var records = new List<VectorRecord>();
        foreach (string[] ids in matches.Where(m => VectorizeWire.TryId(m, out _)).Select(m => m.GetProperty("id").GetString()!).Chunk(VectorizeLimits.GetIds))
        {
            records.AddRange(await GetAsync(ids, cancellationToken));
        }

        return records;
    }

    /// <summary>Vectors by their ids, at most <see cref="VectorizeLimits.GetIds"/>.</summary>
    public async Task<IEnumerable<VectorRecord>> GetAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        (await api.GetAsync(ids, cancellationToken)).Select(v => VectorizeWire.Read(v, dimensions)).OfType<VectorRecord>();

    /// <summary>Ids that can be got with one call, of the vectors that the overlay knows nothing of.</summary>
    public async IAsyncEnumerable<string[]> PagesAsync(Dictionary<Hash256, VectorRecord?> recent, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var page = new List<string>(VectorizeLimits.GetIds);
        await foreach (Hash256 entry in ListAsync(cancellationToken))
        {
            if (!recent.ContainsKey(entry))
            {
                page.Add(entry.ToBase64Url());
            }

            if (page.Count == VectorizeLimits.GetIds)
            {
                yield return [.. page];
                page.Clear();
            }
        }

        if (page.Count > 0)
        {
            yield return [.. page];
        }
    }

    /// <summary>Every vector's key, a thousand a request.</summary>
    public async IAsyncEnumerable<Hash256> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            (IReadOnlyList<string> ids, cursor) = await api.ListAsync(cursor, cancellationToken);
            foreach (string id in ids)
            {
                if (VectorizeWire.TryHash(id, out Hash256 entry))
                {
                    yield return entry;
                }
            }
        }
        while (cursor is not null);
    }
}
