using System.CommandLine;
using Afterimage.Backfill.Analysis;
using Afterimage.Backfill.Jobs;
using Afterimage.Backfill.Sources;
using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Gateway;
using Afterimage.Requests;

namespace Afterimage.Commands.Backfill;

/// <summary>The stages that take a source: analyze, pilot, run.</summary>
internal static class StageCommands
{
    public static Command Analyze()
    {
        var arguments = new BackfillArguments();
        var sample = new Option<int>("--sample") { Description = "Images that are read; the listing is always complete.", DefaultValueFactory = _ => 2000 };
        var command = new Command("analyze", "Say what is in a source, what can be recovered, and what adopting it would take. Writes nothing.") { sample };
        arguments.AddSource(command, limits: false);
        arguments.AddStore(command);
        command.SetAction((parsed, cancellationToken) => WithSourceAsync(arguments, parsed, async (options, source, job) =>
        {
            var mapper = new SetParameters(new BackfillRequestMapper(new PollinationsDialect(options.Pollinations)), job.Set);
            var analyzer = new SourceAnalyzer(Composition.CreateEmbedder(options), mapper, new ResolutionBuckets(options.Semantic.Resolution), TimeProvider.System);
            AnalysisReport report = await analyzer.RunAsync(source, parsed.GetValue(sample), job.Concurrency, cancellationToken);
            BackfillPrinter.Print(report, parsed.GetValue(arguments.Json));
            return ExitCode.Done;
        }));
        return command;
    }

    public static Command Pilot()
    {
        var arguments = new BackfillArguments();
        var perBucket = new Option<int>("--per-bucket") { Description = "Images of each resolution bucket.", DefaultValueFactory = _ => 150 };
        var command = new Command("pilot", "Adopt a stratified sample into a quarantined batch and measure every step; nothing of it is served.") { perBucket };
        arguments.AddSource(command, limits: true);
        arguments.AddStore(command);
        command.SetAction((parsed, cancellationToken) => WithSourceAsync(arguments, parsed, async (options, source, job) =>
        {
            await using BackfillSession? session = await BackfillSession.OpenAsync(options, cancellationToken);
            Func<PilotReport, int> done = report =>
            {
                BackfillPrinter.Print(report, parsed.GetValue(arguments.Json));
                return ExitCode.Done;
            };
            return session is null
                ? await BackfillRemote.SendAsync(
                    arguments, parsed, new BackfillOrder { Action = "pilot", PerBucket = parsed.GetValue(perBucket) }.With(arguments, parsed), done, cancellationToken)
                : done(await session.Service.PilotAsync(source, job, parsed.GetValue(perBucket), cancellationToken));
        }));
        return command;
    }

    public static Command Run()
    {
        var arguments = new BackfillArguments();
        var retry = new Option<bool>("--retry-failed") { Description = "Only try again what failed in this source's last job." };
        var again = new Option<bool>("--again") { Description = "Begin a new batch even if this source has an unfinished one." };
        var command = new Command("run", "Adopt every image of a source. Goes on where an interrupted run stopped.") { retry, again };
        arguments.AddSource(command, limits: true);
        arguments.AddStore(command);
        command.SetAction((parsed, cancellationToken) => WithSourceAsync(arguments, parsed, async (options, source, job) =>
        {
            await using BackfillSession? session = await BackfillSession.OpenAsync(options, cancellationToken);
            if (session is null)
            {
                return await BackfillRemote.RunAsync(arguments, parsed, new BackfillOrder { Action = "run", RetryFailed = parsed.GetValue(retry), Again = parsed.GetValue(again) }.With(arguments, parsed), cancellationToken);
            }

            var display = new ProgressDisplay(parsed.GetValue(arguments.Json));
            BackfillStatus status = parsed.GetValue(retry)
                ? await session.Service.RetryFailedAsync(source, job, display.Show, cancellationToken)
                : await session.Service.RunAsync(source, job, parsed.GetValue(again), display.Show, cancellationToken);
            display.End();
            BackfillPrinter.Print(status, parsed.GetValue(arguments.Json));
            return ExitCode.Done;
        }));
        return command;
    }

    private static async Task<int> WithSourceAsync(BackfillArguments arguments, ParseResult parsed, Func<GatewayOptions, IImageSource, BackfillOptions, Task<int>> act)
    {
        var mistakes = new List<string>();
        GatewayOptions? options = BackfillSession.Load(arguments, parsed, mistakes);
        string? mistake = null;
        IImageSource? source = options is null ? null : BackfillParts.OpenSource(
            parsed.GetValue(arguments.Source)!, parsed.GetValue(arguments.Endpoint), parsed.GetValue(arguments.Region), options.Admission.MaxBytes, out mistake);
        if (mistake is not null)
        {
            mistakes.Add(mistake);
        }

        BackfillOptions? job = source is null ? null : arguments.Read(parsed, source.InPlaceByDefault, options!.Admission.MaxBytes, mistakes);
        if (mistakes.Count > 0)
        {
            mistakes.ForEach(m => Console.Error.WriteLine($"afterimage: {m}"));
            return ExitCode.WrongUsage;
        }

        await using (source)
        {
            return await BackfillCommand.GuardAsync(() => act(options!, source!, job!));
        }
    }
}
