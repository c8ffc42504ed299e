using Afterimage.Bench;

// dotnet run -c Release --project bench/Afterimage.Bench -- VERB [--json]
var verbs = new Dictionary<string, Func<bool, Task<int>>>
{
    ["http-gateway"] = HttpGateway.RunAsync,
    ["backfill"] = BackfillBench.RunAsync,
};

if (args.Length == 0 || !verbs.TryGetValue(args[0], out var run))
{
    Console.Error.WriteLine($"usage: Afterimage.Bench {string.Join(" | ", verbs.Keys)} [--json]");
    return 2;
}

return await run(args.Contains("--json"));
