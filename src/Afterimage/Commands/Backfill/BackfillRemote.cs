using System.CommandLine;
using System.Text;
using System.Text.Json;
using Afterimage.Backfill.Jobs;

namespace Afterimage.Commands.Backfill;

/// <summary>The stages at a running gateway, which holds the data folder.</summary>
internal static class BackfillRemote
{
    /// <summary>Sends an order and gives its report to <paramref name="done"/>, which says the exit code.</summary>
    public static async Task<int> SendAsync<TReport>(
        BackfillArguments arguments, ParseResult parsed, BackfillOrder order, Func<TReport, int> done, CancellationToken cancellationToken)
        where TReport : class
    {
        int judged = ExitCode.Done;
        int exit = await OrderAsync(arguments, parsed, order, answer => judged = done(Read<TReport>(answer)), cancellationToken);
        return exit == ExitCode.Done ? judged : exit;
    }

    /// <summary>Starts a run and follows it to its end. Ctrl-C leaves it running.</summary>
    public static async Task<int> RunAsync(BackfillArguments arguments, ParseResult parsed, BackfillOrder order, CancellationToken cancellationToken)
    {
        int exit = await OrderAsync(arguments, parsed, order, _ => { }, cancellationToken);
        if (exit != ExitCode.Done)
        {
            return exit;
        }

        try
        {
            return await FollowAsync(arguments, parsed, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("afterimage: the gateway goes on with the job; backfill status shows it");
            return ExitCode.Failed;
        }
    }

    private static async Task<int> FollowAsync(BackfillArguments arguments, ParseResult parsed, CancellationToken cancellationToken)
    {
        var display = new ProgressDisplay(parsed.GetValue(arguments.Json));
        Guid? batch = null;
        while (true)
        {
            await Task.Delay(1000, cancellationToken);
            bool running = true;
            string? fault = null;
            BackfillStatus[] jobs = [];
            int exit = await AdminClient.SendAsync(parsed.GetValue(arguments.Url)!, parsed.GetValue(arguments.Token), HttpMethod.Get, "backfill", null, status =>
            {
                running = status.GetProperty("running").GetBoolean();
                fault = status.GetProperty("fault").GetString();
                jobs = [.. status.GetProperty("jobs").EnumerateArray().Select(Read<BackfillStatus>)];
            }, cancellationToken);
            if (exit != ExitCode.Done)
            {
                return exit;
            }

            // The job under way is not the newest where an older one goes on.
            BackfillStatus? job = jobs.FirstOrDefault(j => batch is null ? j.Job.State is BackfillState.Running or BackfillState.Waiting : j.Job.Batch == batch);
            batch ??= job?.Job.Batch;
            if (running)
            {
                if (job is not null)
                {
                    display.Show(job);
                }

                continue;
            }

            display.End();
            if ((job ?? jobs.FirstOrDefault()) is { } ended)
            {
                BackfillPrinter.Print(ended, parsed.GetValue(arguments.Json));
            }

            if (fault is not null)
            {
                Console.Error.WriteLine($"afterimage: {fault}");
            }

            return fault is null ? ExitCode.Done : ExitCode.Failed;
        }
    }

    private static Task<int> OrderAsync(
        BackfillArguments arguments, ParseResult parsed, BackfillOrder order, Action<JsonElement> answered, CancellationToken cancellationToken)
    {
        Console.Error.WriteLine($"afterimage: the data folder is in use; asking the gateway at {parsed.GetValue(arguments.Url)}");
        return AdminClient.SendAsync(parsed.GetValue(arguments.Url)!, parsed.GetValue(arguments.Token), HttpMethod.Post, "backfill", order, answered, cancellationToken);
    }

    private static T Read<T>(JsonElement json)
        where T : class => BackfillJson.TryRead<T>(Encoding.UTF8.GetBytes(json.GetRawText())) ?? throw new InvalidDataException("the gateway's answer is of another version");
}
