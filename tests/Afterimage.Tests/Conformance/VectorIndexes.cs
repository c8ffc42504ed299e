using Afterimage.Vectors;
using Xunit;

namespace Afterimage.Tests.Conformance;

/// <summary>What tests of several indexes ask and compare.</summary>
internal static class VectorIndexes
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static Hash256 Entry(int number) => Hash256.Of($"entry {number}");

    /// <summary>Waits until maintenance has nothing left to insert, and has everything saved.</summary>
    public static async Task SettledAsync(VectorIndex index)
    {
        await index.Ready;
        while (index.Status.Pending > 0)
        {
            await Task.Delay(5, Stop);
        }

        await index.SnapshotAsync(Stop);
    }

    /// <summary>Asserts that an index answers as the oracle does; neighbours whose similarity is within the tolerance of a cut may fall on either side.</summary>
    public static async Task AgreesAsync(IVectorIndex index, IVectorIndex oracle, VectorQuery query, float tolerance)
    {
        IReadOnlyList<Neighbor> found = await index.SearchAsync(query, Stop);
        IReadOnlyList<Neighbor> all = await oracle.SearchAsync(query with { Count = int.MaxValue, SimilarityMin = -2 }, Stop);
        var similarity = all.ToDictionary(n => n.Entry, n => n.Similarity);

        Assert.Distinct(found.Select(n => n.Entry));
        Assert.All(found, n => Assert.Equal(similarity[n.Entry], n.Similarity, tolerance));
        Assert.All(found, n => Assert.True(n.Similarity >= query.SimilarityMin));
        Assert.Equal(found.OrderByDescending(n => n.Similarity).Select(n => n.Similarity), found.Select(n => n.Similarity));
        Neighbor[] expected = [.. all.Where(n => n.Similarity >= query.SimilarityMin).Take(query.Count)];
        int certain = expected.Count(n => n.Similarity >= query.SimilarityMin + tolerance);
        Assert.InRange(found.Count, certain, Math.Min(query.Count, all.Count(n => n.Similarity >= query.SimilarityMin - tolerance)));
        for (int i = 0; i < Math.Min(found.Count, expected.Length); i++)
        {
            Assert.Equal(expected[i].Similarity, found[i].Similarity, tolerance);
        }
    }

    public static async Task<List<VectorPlace>> PlacesAsync(IVectorIndex index)
    {
        var places = new List<VectorPlace>();
        await foreach (VectorPlace place in index.EnumerateAsync(Stop))
        {
            places.Add(place);
        }

        return places;
    }
}
