using System.CommandLine;
using Afterimage.Backfill;
using Afterimage.Backfill.Jobs;
using Afterimage.Configuration;

namespace Afterimage.Commands.Backfill;

/// <summary>The stages that need no source: status, validate, rollback, reindex.</summary>
internal static class BatchCommands
{
    public static Command Status()
    {
        var arguments = new BackfillArguments();
        var failures = new Option<Guid?>("--failures") { Description = "List the failures of a batch instead.", HelpName = "BATCH" };
        var command = new Command("status", "Show the jobs of this data folder; those of a running gateway too.") { failures };
        arguments.AddStore(command);
        command.SetAction((parsed, _) => WithOptionsAsync(arguments, parsed, options =>
        {
            bool json = parsed.GetValue(arguments.Json);
            if (parsed.GetValue(failures) is { } batch)
            {
                foreach (BackfillFailure failure in BackfillService.FailuresIn(BackfillSession.FolderOf(options), batch))
                {
                    Console.Out.WriteLine(json ? BackfillJson.Write(failure) : $"{failure.Key}\t{failure.Reason}{(failure.Detail is null ? "" : ": " + failure.Detail)}");
                }

                return Task.FromResult(ExitCode.Done);
            }

            IReadOnlyList<BackfillStatus> jobs = BackfillService.JobsIn(BackfillSession.FolderOf(options));
            foreach (BackfillStatus job in jobs)
            {
                BackfillPrinter.Print(job, json);
            }

            if (jobs.Count == 0 && !json)
            {
                Console.Out.WriteLine("no backfill jobs");
            }

            return Task.FromResult(ExitCode.Done);
        }));
        return command;
    }

    public static Command Validate()
    {
        var arguments = new BackfillArguments();
        var batch = new Option<Guid?>("--batch") { Description = "Only this batch; all entries without it." };
        var sample = new Option<int>("--sample") { Description = "Entries that are searched for and read back.", DefaultValueFactory = _ => 500 };
        var command = new Command("validate", "Compare vectors, entries and objects, and try a sample of searches. Exit code 1 where something is wrong.") { batch, sample };
        arguments.AddStore(command);
        command.SetAction((parsed, cancellationToken) => WithSessionAsync(
            arguments,
            parsed,
            new BackfillOrder { Action = "validate", Batch = parsed.GetValue(batch), Sample = parsed.GetValue(sample) },
            service => service.ValidateAsync(parsed.GetValue(batch), parsed.GetValue(sample), cancellationToken),
            report =>
            {
                BackfillPrinter.Print(report, parsed.GetValue(arguments.Json));
                return report.Passed ? ExitCode.Done : ExitCode.Failed;
            },
            cancellationToken));
        return command;
    }

    public static Command Rollback()
    {
        var arguments = new BackfillArguments();
        var batch = new Argument<Guid>("BATCH") { Description = "The batch to take out again; status names it." };
        var yes = new Option<bool>("--yes") { Description = "Really remove; without it nothing is changed." };
        var command = new Command("rollback", "Remove exactly what a batch added, vectors and entries. A dry run unless --yes is given.") { batch, yes };
        arguments.AddStore(command);
        command.SetAction((parsed, cancellationToken) => WithSessionAsync(
            arguments,
            parsed,
            new BackfillOrder { Action = "rollback", Batch = parsed.GetValue(batch), DryRun = !parsed.GetValue(yes) },
            service => service.RollbackAsync(parsed.GetValue(batch), !parsed.GetValue(yes), cancellationToken),
            report =>
            {
                BackfillPrinter.Print(report, parsed.GetValue(arguments.Json));
                return ExitCode.Done;
            },
            cancellationToken));
        return command;
    }

    public static Command Reindex()
    {
        var arguments = new BackfillArguments();
        var command = new Command("reindex", "Give every entry a vector of the configured embedder; after changing the model. Goes on where it stopped.");
        arguments.AddStore(command);
        command.SetAction((parsed, cancellationToken) => WithSessionAsync(
            arguments,
            parsed,
            new BackfillOrder { Action = "reindex" },
            service => service.ReindexAsync(seen => Console.Error.Write(Console.IsErrorRedirected ? "" : $"\r{seen:N0} entries"), cancellationToken),
            report =>
            {
                BackfillPrinter.Print(report, parsed.GetValue(arguments.Json));
                return ExitCode.Done;
            },
            cancellationToken));
        return command;
    }

    private static Task<int> WithSessionAsync<TReport>(
        BackfillArguments arguments, ParseResult parsed, BackfillOrder order, Func<BackfillService, Task<TReport>> act, Func<TReport, int> done, CancellationToken cancellationToken)
        where TReport : class =>
        WithOptionsAsync(arguments, parsed, async options =>
        {
            await using BackfillSession? session = await BackfillSession.OpenAsync(options, cancellationToken);
            return session is null ? await BackfillRemote.SendAsync(arguments, parsed, order, done, cancellationToken) : done(await act(session.Service));
        });

    private static async Task<int> WithOptionsAsync(BackfillArguments arguments, ParseResult parsed, Func<GatewayOptions, Task<int>> act)
    {
        var mistakes = new List<string>();
        if (BackfillSession.Load(arguments, parsed, mistakes) is { } options)
        {
            return await BackfillCommand.GuardAsync(() => act(options));
        }

        mistakes.ForEach(m => Console.Error.WriteLine($"afterimage: {m}"));
        return ExitCode.WrongUsage;
    }
}
