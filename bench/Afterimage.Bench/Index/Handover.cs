namespace Afterimage.Bench.Index;

/// <summary>
/// Where a search of a graph becomes cheaper than a scan: what <c>GraphMin</c> is chosen by. A partition alone in the index lies in the processor's
/// caches after the first query; one among ten, which arrived mixed, does not.
/// </summary>
internal static class Handover
{
    public static async Task MeasureAsync(bool json)
    {
        foreach ((int partitions, int[] counts) in new[] { (1, new[] { 5000, 10_000, 15_000, 20_000, 30_000, 50_000 }), (10, [2500, 5000, 10_000, 20_000]) })
        {
            using IndexData data = IndexData.Open("shape-500000", IndexData.Tuning);
            foreach (int count in counts)
            {
                await MeasureAsync(data, count, partitions, json);
            }
        }
    }

    private static async Task MeasureAsync(IndexData data, int count, int partitions, bool json)
    {
        Hash256 PartitionOf(int number) => Hash256.Of($"partition {number % partitions}");

        using var folder = new ScratchFolder();
        (OurIndex scanned, _) = await OurIndex.FillAsync(Path.Combine(folder.Path, "scan"), data, count * partitions, PartitionOf, graphMin: int.MaxValue);
        (OurIndex graphed, _) = await OurIndex.FillAsync(Path.Combine(folder.Path, "graph"), data, count * partitions, PartitionOf, graphMin: 128);
        await using OurIndex scan = scanned, graph = graphed;
        double best = double.MaxValue, peer = double.MaxValue;
        int same = 0, asked = 0;
        for (int round = 0; round < IndexBench.Rounds; round++)
        {
            (double[] mine, int[] found) = await graph.SearchAsync(data, IndexBench.Floor, PartitionOf);
            (double[] others, int[] nearest) = await scan.SearchAsync(data, IndexBench.Floor, PartitionOf);
            (best, peer) = (Math.Min(best, IndexBench.Median(mine)), Math.Min(peer, IndexBench.Median(others)));
            asked = nearest.Count(n => n >= 0);
            same = found.Zip(nearest).Count(p => p.Second >= 0 && p.First == p.Second);
        }

        string label = $"a partition of {count}, {(partitions == 1 ? "alone" : $"one of {partitions}")}";
        IndexReport.Print(new Measurement($"search along a graph beside a scan, {label}", "us", best, peer, "lower", null), json);
        IndexReport.Print(new Measurement($"of {asked} that a scan finds above {IndexBench.Floor}, found along the graph, {label}", "share", (double)same / asked, null, "higher", null), json);
    }
}
