using System.CommandLine;

namespace Afterimage.Commands.Backfill;

/// <summary>What a command asks of a running gateway: the body of <c>POST /_afterimage/backfill</c>.</summary>
internal sealed record BackfillOrder
{
    /// <summary><c>run</c>, <c>cancel</c>, <c>pilot</c>, <c>validate</c>, <c>rollback</c> or <c>reindex</c>.</summary>
    public string Action { get; init; } = "";

    public string? Source { get; init; }

    public string? Endpoint { get; init; }

    public string? Region { get; init; }

    /// <summary>Null for the source's default.</summary>
    public bool? InPlace { get; init; }

    public int Concurrency { get; init; } = 1;

    /// <summary>Images a second; 0 for no limit, null for a rate that leaves the gateway's answers as quick as they are.</summary>
    public double? Rate { get; init; }

    public string? Between { get; init; }

    public Dictionary<string, string> Set { get; init; } = [];

    public bool RetryFailed { get; init; }

    public bool Again { get; init; }

    public int PerBucket { get; init; } = 150;

    public Guid? Batch { get; init; }

    public int Sample { get; init; } = 500;

    public bool DryRun { get; init; } = true;

    /// <summary>The same order with the source and limits of a command line.</summary>
    public BackfillOrder With(BackfillArguments arguments, ParseResult parsed) => this with
    {
        Source = parsed.GetValue(arguments.Source) is { } source && Directory.Exists(source) ? Path.GetFullPath(source) : parsed.GetValue(arguments.Source),
        Endpoint = parsed.GetValue(arguments.Endpoint),
        Region = parsed.GetValue(arguments.Region),
        InPlace = parsed.GetValue(arguments.InPlace) ? true : parsed.GetValue(arguments.Copy) ? false : null,
        Concurrency = parsed.GetResult(arguments.Concurrency)?.Implicit == false ? parsed.GetValue(arguments.Concurrency) : 1,
        Rate = parsed.GetValue(arguments.Rate),
        Between = parsed.GetValue(arguments.Between),
        Set = (parsed.GetValue(arguments.Set) ?? []).Select(pair => pair.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]),
    };
}
