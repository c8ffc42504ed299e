using System.Globalization;

namespace Afterimage.Bench.Index;

/// <summary>
/// Data made of near-duplicates: half of 40,000 vectors lie in clusters whose members differ by a given norm, the rest are shaped vectors. What the
/// graph finds is compared with what a scan of the same vectors finds, which is exact.
/// </summary>
internal static class NearDuplicates
{
    private const int Count = 40_000;
    private const int Queries = 1000;

    private static readonly int[] Sizes = [50, 1000, 20_000];

    // Float32 sums of 768 products agree to about this much.
    private const float Tie = 1e-6f;

    /// <summary>Clusters of one size, or of all where that is null.</summary>
    public static async Task MeasureAsync(string? wanted, bool json)
    {
        using IndexData shaped = IndexData.Open("shape-50000", IndexData.HeldOut);
        foreach (int size in Sizes.Where(s => wanted is null || s == int.Parse(wanted, CultureInfo.InvariantCulture)))
        {
            foreach (float norm in new[] { 2e-1f, 1e-1f, 5e-2f, 1e-2f, 1e-3f, 1e-4f, 1e-5f, 0 })
            {
                await MeasureAsync(shaped, size, norm, json);
            }
        }
    }

    private static async Task MeasureAsync(IndexData shaped, int size, float norm, bool json)
    {
        float[][] vectors = Make(shaped, size, norm);
        using var folder = new ScratchFolder();
        (OurIndex graph, _) = await OurIndex.FillAsync(Path.Combine(folder.Path, "graph"), shaped.Dimensions, Count, n => vectors[n], graphMin: 128);
        (OurIndex scan, _) = await OurIndex.FillAsync(Path.Combine(folder.Path, "scan"), shaped.Dimensions, Count, n => vectors[n], graphMin: int.MaxValue);
        await using OurIndex graphed = graph, scanned = scan;
        foreach ((string kind, float distance, int from) in new[] { ("a member again", 0f, 0), ("near a member", 0.25f, 0), ("near another vector", 0.25f, Count / 2) })
        {
            var random = new Random(7);
            float[][] queries = [.. Enumerable.Range(0, Queries).Select(_ => ShapedVectors.Near(random, vectors[from + random.Next(Count / 2)], distance))];
            (double[] times, float[] found) = await graphed.SimilaritiesAsync(queries, IndexBench.Floor);
            (_, float[] best) = await scanned.SimilaritiesAsync(queries, IndexBench.Floor);
            double recall = (double)found.Zip(best).Count(p => p.First >= p.Second - Tie) / Queries;
            double worst = found.Zip(best).Max(p => p.Second - p.First);
            string label = $"clusters of {size}, {norm:0e0} apart, {kind}";
            IndexReport.Print(new Measurement($"{label}: recall@1", "share", recall, null, "higher", 0.999), json);
            IndexReport.Print(new Measurement($"{label}: similarity lost at most", "", worst, null, "lower", null), json);
            IndexReport.Print(new Measurement($"{label}: search", "us", times.Order().ElementAt(Queries / 2), null, "lower", null), json);
        }
    }

    /// <summary>The first half near-duplicates, cluster by cluster, the second not: the worst order of arrival for a graph.</summary>
    private static float[][] Make(IndexData shaped, int size, float norm)
    {
        var random = new Random(size);
        return
        [
            .. Enumerable.Range(0, Count / 2).Select(i => ShapedVectors.Near(random, shaped.Vector(Count + (i / size)).Span, norm)),
            .. Enumerable.Range(0, Count / 2).Select(i => shaped.Vector(i).ToArray()),
        ];
    }
}
