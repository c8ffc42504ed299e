using Afterimage.Bench;
using Afterimage.Bench.ExactHit;
using Afterimage.Bench.Encoder;

// dotnet run -c Release --project bench/Afterimage.Bench -- VERB [--json]
var verbs = new Dictionary<string, Func<bool, Task<int>>>
{
    ["exact-hit"] = ExactHitMeasure.RunAsync,
    ["store"] = EntryStoreBench.RunAsync,
    ["matching"] = Matching.RunAsync,
    ["embedding"] = EmbeddingBench.RunAsync,
    ["http-gateway"] = HttpGateway.RunAsync,
    ["encoder"] = EncoderBench.RunAsync,
    [EncoderMemory.Verb] = EncoderMemory.ChildAsync,
};

if (args.Length == 0 || !verbs.TryGetValue(args[0], out var run))
{
    Console.Error.WriteLine($"usage: Afterimage.Bench {string.Join(" | ", verbs.Keys)} [--json]");
    return 2;
}

return await run(args.Contains("--json"));
