using System.CommandLine;
using Afterimage.Backfill.Jobs;

namespace Afterimage.Commands.Backfill;

/// <summary>The options that several stages share.</summary>
internal sealed class BackfillArguments
{
    public Argument<string> Source { get; } = new("SOURCE") { Description = "A folder, or s3://bucket/prefix." };

    public Option<string?> Endpoint { get; } = new("--endpoint") { Description = "Address of an S3-compatible service. Default: AWS_ENDPOINT_URL_S3, else AWS.", HelpName = "URL" };

    public Option<string?> Region { get; } = new("--region") { Description = "Region to sign for. Default: AWS_REGION, else auto." };

    public Option<bool> InPlace { get; } = new("--in-place") { Description = "Leave images where they are and reference them (the default for buckets)." };

    public Option<bool> Copy { get; } = new("--copy") { Description = "Copy images into the store (the default for folders)." };

    public Option<int> Concurrency { get; } = new("--concurrency") { Description = "Images read at the same time.", DefaultValueFactory = _ => 4 };

    public Option<double?> Rate { get; } = new("--rate") { Description = "Images a second at most; 0 for no limit, which is the default but in a running gateway, where it is 200." };

    public Option<string?> Between { get; } = new("--between") { Description = "Work only between these local times, for example 01:00-06:00.", HelpName = "HH:MM-HH:MM" };

    public Option<string[]> Set { get; } = new("--set") { Description = "A request parameter for every image, for example --set model=flux.", HelpName = "NAME=VALUE" };

    public Option<string?> Data { get; } = new("--data") { Description = "Folder for entries and index. Default afterimage-data.", HelpName = "DIR" };

    public Option<string?> Config { get; } = new("--config") { Description = "Settings file (JSON, comments allowed).", HelpName = "FILE" };

    public Option<bool> Json { get; } = new("--json") { Description = "Print JSON." };

    public Option<string> Url { get; } = AdminClient.Url();

    public Option<string?> Token { get; } = AdminClient.Token();

    public void AddStore(Command command)
    {
        foreach (Option option in (Option[])[Data, Config, Json, Url, Token])
        {
            command.Options.Add(option);
        }

        command.TreatUnmatchedTokensAsErrors = false;
    }

    public void AddSource(Command command, bool limits)
    {
        command.Arguments.Add(Source);
        foreach (Option option in limits ? (Option[])[Endpoint, Region, InPlace, Copy, Concurrency, Rate, Between, Set] : [Endpoint, Region, Concurrency, Set])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The job's options; null where a value is wrong, which is then in <paramref name="mistakes"/>.</summary>
    /// <param name="inPlaceByDefault">Of the source.</param>
    public BackfillOptions? Read(ParseResult parsed, bool inPlaceByDefault, long imageBytesMax, List<string> mistakes)
    {
        TimeWindow? between = null;
        if (parsed.GetValue(Between) is { } text && !TimeWindow.TryParse(text, out between))
        {
            mistakes.Add($"--between '{text}': two times such as 01:00-06:00");
        }

        if (parsed.GetValue(Concurrency) is < 1 or > 256)
        {
            mistakes.Add("--concurrency: 1 to 256");
        }

        if (parsed.GetValue(Rate) is not (null or (>= 0 and <= double.MaxValue)))
        {
            mistakes.Add("--rate: 0 or more");
        }

        if (parsed.GetValue(InPlace) && parsed.GetValue(Copy))
        {
            mistakes.Add("--in-place and --copy: one of them");
        }

        var set = new Dictionary<string, string>();
        foreach (string pair in parsed.GetValue(Set) ?? [])
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
            {
                mistakes.Add($"--set '{pair}': NAME=VALUE");
            }
            else
            {
                set[pair[..equals]] = pair[(equals + 1)..];
            }
        }

        return mistakes.Count > 0 ? null : new BackfillOptions
        {
            InPlace = parsed.GetValue(InPlace) || (inPlaceByDefault && !parsed.GetValue(Copy)),
            Concurrency = parsed.GetValue(Concurrency),
            RateMax = parsed.GetValue(Rate) ?? 0,
            Between = between,
            Set = set,
            ImageBytesMax = imageBytesMax,
        };
    }
}
