using Afterimage.Bench;
using Afterimage.Bench.Encoder;
using Afterimage.Bench.ExactHit;
using Afterimage.Bench.Index;

// dotnet run -c Release --project bench/Afterimage.Bench -- VERB [--json]
var verbs = new Dictionary<string, Func<bool, Task<int>>>
{
    ["coalescing"] = CoalescingMeasure.RunAsync,
    ["exact-hit"] = ExactHitMeasure.RunAsync,
    ["decision"] = DecisionMeasure.RunAsync,
    ["matching"] = Matching.RunAsync,
    ["embedding"] = EmbeddingBench.RunAsync,
    ["http-hit"] = HttpHitMeasure.RunAsync,
    ["encoder"] = EncoderBench.RunAsync,
    ["encoder-agreement"] = Agreement.RunAsync,
    [EncoderMemory.Verb] = EncoderMemory.ChildAsync,
    ["index"] = IndexBench.RunAsync,
    ["store"] = EntryStoreBench.RunAsync,
    ["postgres"] = PostgresBench.RunAsync,
    ["backfill"] = BackfillBench.RunAsync,
};

// The verb index opens what it filled in a process of its own, to measure that.
if (args is ["index-open", string folder, string dimensions])
{
    return await IndexBench.OpenAsync(folder, int.Parse(dimensions));
}

if (args.Length == 0 || !verbs.TryGetValue(args[0], out var run))
{
    Console.Error.WriteLine($"usage: Afterimage.Bench {string.Join(" | ", verbs.Keys)} [--json]");
    return 2;
}

return await run(args.Contains("--json"));
