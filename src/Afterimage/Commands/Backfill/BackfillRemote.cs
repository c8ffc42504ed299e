using System.CommandLine;
using System.Text.Json;

namespace Afterimage.Commands.Backfill;

/// <summary>The stages at a running gateway, which holds the data folder.</summary>
internal static class BackfillRemote
{
    /// <summary>Sends an order and prints its report. A report that says <c>passed: false</c> is exit code 1, as it is without a gateway.</summary>
    public static async Task<int> SendAsync(BackfillArguments arguments, ParseResult parsed, BackfillOrder order, CancellationToken cancellationToken)
    {
        Console.Error.WriteLine($"afterimage: the data folder is in use; asking the gateway at {parsed.GetValue(arguments.Url)}");
        bool passed = true;
        int exit = await AdminClient.SendAsync(
            parsed.GetValue(arguments.Url)!, parsed.GetValue(arguments.Token), HttpMethod.Post, "backfill", order, report =>
            {
                passed = !report.TryGetProperty("passed", out JsonElement said) || said.GetBoolean();
                Console.Out.WriteLine(report.GetRawText());
            }, cancellationToken);
        return exit == ExitCode.Done && !passed ? ExitCode.Failed : exit;
    }

    /// <summary>Starts a run and follows it to its end. Ctrl-C leaves it running.</summary>
    public static async Task<int> RunAsync(BackfillArguments arguments, ParseResult parsed, BackfillOrder order, CancellationToken cancellationToken)
    {
        int exit = await SendAsync(arguments, parsed, order, cancellationToken);
        bool running = exit == ExitCode.Done;
        bool failed = false;
        while (running)
        {
            await Task.Delay(1000, cancellationToken);
            exit = await AdminClient.SendAsync(
                parsed.GetValue(arguments.Url)!, parsed.GetValue(arguments.Token), HttpMethod.Get, "backfill", null, status =>
                {
                    running = status.GetProperty("running").GetBoolean();
                    failed = status.TryGetProperty("fault", out JsonElement fault) && fault.ValueKind == JsonValueKind.String;
                    if (!running)
                    {
                        Console.Out.WriteLine(parsed.GetValue(arguments.Json) ? JsonSerializer.Serialize(Latest(status)) : failed ? status.GetProperty("fault").GetString() : "done");
                    }
                    else if (Latest(status) is { ValueKind: JsonValueKind.Object } latest && !parsed.GetValue(arguments.Json))
                    {
                        Console.Error.Write($"\r{latest.GetProperty("progress").GetProperty("processed")} images, {latest.GetProperty("progress").GetProperty("adopted")} adopted   ");
                    }
                }, cancellationToken);
            running &= exit == ExitCode.Done;
        }

        return failed ? ExitCode.Failed : exit;
    }

    private static JsonElement Latest(JsonElement status) => status.GetProperty("jobs") is { } jobs && jobs.GetArrayLength() > 0 ? jobs[0] : default;
}
