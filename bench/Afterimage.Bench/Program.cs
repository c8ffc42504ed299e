using Afterimage.Bench;
using Afterimage.Bench.Encoder;
using Afterimage.Bench.ExactHit;
using Afterimage.Bench.Index;
using Afterimage.Bench.Load;
using Afterimage.Bench.Postgres;

// dotnet run -c Release --project bench/Afterimage.Bench -- VERB [--json]
var verbs = new Dictionary<string, Func<bool, Task<int>>>
{
    ["resident"] = ResidentMeasure.RunAsync,
    ["coalescing"] = _ => CoalescingMeasure.RunAsync(args[1..]),
    ["exact-hit"] = ExactHitMeasure.RunAsync,
    ["decision"] = DecisionMeasure.RunAsync,
    ["matching"] = Matching.RunAsync,
    ["embedding"] = EmbeddingBench.RunAsync,
    ["http-hit"] = ExactHitMeasure.RunHttpAsync,
    ["encoder"] = EncoderBench.RunAsync,
    ["encoder-agreement"] = Agreement.RunAsync,
    [EncoderMemory.Verb] = EncoderMemory.ChildAsync,
    ["index"] = _ => IndexBench.RunAsync(args[1..]),
    ["store"] = EntryStoreBench.RunAsync,
    ["postgres"] = _ => PostgresBench.RunAsync(args[1..]),
    ["backfill"] = BackfillBench.RunAsync,
    ["backfill-latency"] = BackfillLatencyBench.RunAsync,
};

// The verb index opens what it filled in a process of its own, to measure that.
if (args is ["index-open", string folder, string dimensions])
{
    return await IndexBench.OpenAsync(folder, int.Parse(dimensions));
}

if (args is ["load", ..])
{
    return await LoadMeasure.RunAsync(args);
}

// The generator of constant rates runs in a process of its own.
if (args is [PacedLoad.Verb, .. { Length: 5 } paced])
{
    return PacedLoad.Child(paced);
}

if (args.Length == 0 || !verbs.TryGetValue(args[0], out var run))
{
    Console.Error.WriteLine($"usage: Afterimage.Bench {string.Join(" | ", verbs.Keys)} | load [--minutes N] [--json]");
    return 2;
}

return await run(args.Contains("--json"));
