using System.CommandLine;
using Afterimage.Caching;
using Afterimage.Commands.Replay;
using Afterimage.Matching;
using Afterimage.Text;
using Afterimage.Vectors;

namespace Afterimage.Commands;

/// <summary>What <c>afterimage replay</c> was asked.</summary>
internal sealed record ReplayOptions(
    string Trace, string Seeds, string Policies, double MaxFalseReuse, double PricePerImage, long? Limit, string? Served, bool Json);

/// <summary><c>afterimage replay</c>: what a log of requests would have given.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var trace = new Argument<string>("TRACE")
        {
            Description = "The log, in time order: a table with a header and a column prompt, or one image URL a line; .gz is unpacked.",
        };
        var seeds = new Option<string>("--seeds")
        {
            Description = "strict: a seed in the log was named and must match. any: it was drawn by the service, so any picture will do. Both by default.",
            DefaultValueFactory = _ => "strict,any",
        };
        var policy = new Option<string>("--policy")
        {
            Description = $"Policies to compare, separated by commas: {string.Join(", ", PolicyCatalog.Names)}.",
            DefaultValueFactory = _ => PolicyCatalog.Names[0],
        };
        var maxFalseReuse = new Option<double>("--max-false-reuse")
        {
            Description = "The share of wrong servings that the operator accepts, above 0 and below 1.",
            DefaultValueFactory = _ => 0.01,
        };
        var price = new Option<double>("--price-per-image") { Description = "What a picture costs at the origin.", DefaultValueFactory = _ => 0.002 };
        var limit = new Option<long?>("--limit") { Description = "Only the first so many requests." };
        var served = new Option<string?>("--served")
        {
            Description = "Write the pairs of prompts that would have shared a picture into this file, for a person to read.",
        };
        var json = new Option<bool>("--json") { Description = "One JSON line per seed rule and policy." };
        var command = new Command("replay", "Play a log of requests and report what the cache would have answered.")
        {
            trace, seeds, policy, maxFalseReuse, price, limit, served, json,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new ReplayOptions(
                parsed.GetValue(trace)!, parsed.GetValue(seeds)!, parsed.GetValue(policy)!, parsed.GetValue(maxFalseReuse), parsed.GetValue(price),
                parsed.GetValue(limit), parsed.GetValue(served), parsed.GetValue(json)),
            parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    internal static async Task<int> RunAsync(ReplayOptions options, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var embedder = new BuiltInEmbedder();
        if (Mistake(options, embedder, out List<SeedRule> rules, out IReadOnlyList<IMatchPolicy> policies) is { } mistake)
        {
            error.WriteLine(mistake);
            return ExitCode.WrongUsage;
        }

        try
        {
            var rows = TraceReader.Read(options.Trace).Take((int)Math.Min(options.Limit ?? int.MaxValue, int.MaxValue)).ToList();
            var reports = new List<ReplayReport>();
            foreach (SeedRule rule in rules)
            {
                foreach (IMatchPolicy policy in policies)
                {
                    ReplayReport report = await PlayAsync(rows, rule, policy, embedder, error, cancellationToken);
                    ReplayText.Print(output, report, options.PricePerImage, options.Json);
                    reports.Add(report);
                }
            }

            if (options.Served is not null)
            {
                await using var file = new StreamWriter(options.Served);
                ReplayText.WriteServed(file, reports);
            }

            return ExitCode.Done;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine(e.Message);
            return ExitCode.Failed;
        }
    }

    private static async Task<ReplayReport> PlayAsync(
        List<TraceRow> rows, SeedRule rule, IMatchPolicy policy, BuiltInEmbedder embedder, TextWriter error, CancellationToken cancellationToken)
    {
        // The gateway's own index keeps itself on disk; here it is gone with the run.
        string folder = Directory.CreateTempSubdirectory("afterimage-replay").FullName;
        try
        {
            return await PlayAsync(rows, rule, policy, embedder, folder, error, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<ReplayReport> PlayAsync(
        List<TraceRow> rows, SeedRule rule, IMatchPolicy policy, BuiltInEmbedder embedder, string folder, TextWriter error, CancellationToken cancellationToken)
    {
        await using var index = VectorIndex.Open(
            new VectorIndexOptions { Folder = folder, SpaceId = embedder.Space.Id, Dimensions = embedder.Space.Dimensions });
        bool terminal = ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected;
        using var progress = new ProgressLine(error, $"{rule}, {policy.Name}".ToLowerInvariant(), rows.Count, terminal);
        await using var run = new ReplayRun(embedder, index, policy, rule);
        return await run.PlayAsync(rows, progress.Report, cancellationToken);
    }

    private static string? Mistake(ReplayOptions options, BuiltInEmbedder embedder, out List<SeedRule> rules, out IReadOnlyList<IMatchPolicy> policies)
    {
        (rules, policies) = ([], []);
        foreach (string name in options.Seeds.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (name is not ("strict" or "any"))
            {
                return $"--seeds: '{name}' is neither strict nor any";
            }

            rules.Add(name == "strict" ? SeedRule.Strict : SeedRule.Any);
        }

        if (options.MaxFalseReuse is not (> 0 and < 1))
        {
            return $"--max-false-reuse is {options.MaxFalseReuse}; it must be above 0 and below 1";
        }

        if (options.Limit < 1 || !(options.PricePerImage >= 0) || rules.Count == 0)
        {
            return rules.Count == 0 ? "--seeds names no rule" : options.Limit < 1 ? "--limit must be 1 or more" : "--price-per-image must be 0 or more";
        }

        policies = PolicyCatalog.Parse(options.Policies, options.MaxFalseReuse, embedder.Space.Id, out string? wrong) ?? [];
        return wrong is null ? null : $"--policy: {wrong}";
    }
}
