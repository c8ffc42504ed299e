namespace Afterimage.Bench.Index;

/// <summary>The verb <c>index</c>: searches, inserts, memory and opening of the vector index, beside USearch, hnswlib and FAISS.</summary>
internal static class IndexBench
{
    private const float Floor = 0.85f;

    public static async Task<int> DevAsync(string[] args)
    {
        int count = int.Parse(args[1]);
        IndexData data = IndexData.Make(count, 1000);
        Console.WriteLine($"data {count}, asked {data.Truth.Count(t => t.Similarity >= Floor)}");
        using PeerProcess? peer = args.Contains("--usearch") ? PeerProcess.Start("usearch", "", "node", "bench/peers/index/usearch.mjs", data.Path, "i8", "16", "128", "64") : null;
        if (peer is not null)
        {
            var built = peer.Ask("build")!.Value;
            Console.WriteLine($"usearch build {built.GetProperty("insertsPerSecond").GetDouble():0}/s {built.GetProperty("bytes").GetDouble() / 1e6:0} MB");
        }

        int search = int.Parse(args.SkipWhile(a => a != "--beam").Skip(1).FirstOrDefault() ?? "64");
        int build = int.Parse(args.SkipWhile(a => a != "--build").Skip(1).FirstOrDefault() ?? "96");
        await using OurIndex ours = await OurIndex.FillAsync(data, null, o => o with { SearchBeam = search, BuildBeam = build, GraphMin = args.Contains("--scan") ? 1 << 30 : o.GraphMin });
        Console.WriteLine($"ours build {ours.InsertsPerSecond:0}/s  {ours.Index.Status.MemoryBytes / 1e6:0} MB");
        for (int round = 0; round < 4; round++)
        {
            (double[] times, int[] nearest) = await ours.SearchAsync(data, Floor);
            Array.Sort(times);
            Console.WriteLine($"ours  median {times[times.Length / 2]:0.0} mean {times.Average():0.0} p99 {times[times.Length * 99 / 100]:0.0} recall {data.Recall(nearest, Floor):0.0000}");
            if (peer?.Ask("search") is { } answer)
            {
                int[] found = [.. answer.GetProperty("nearest").EnumerateArray().Select(e => e.GetInt32())];
                Console.WriteLine($"usearch median {answer.GetProperty("microseconds").GetDouble():0.0} mean {answer.GetProperty("mean").GetDouble():0.0} recall {data.Recall(found, Floor):0.0000}");
            }
        }

        Console.WriteLine($"reopen {await ours.ReopenAsync():0.00} s");
        return 0;
    }
}
