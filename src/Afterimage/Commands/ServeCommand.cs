using System.CommandLine;
using System.Runtime.InteropServices;
using Afterimage.Configuration;
using Afterimage.Demo;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Vectors;

namespace Afterimage.Commands;

/// <summary><c>afterimage serve</c>: the gateway.</summary>
internal static class ServeCommand
{
    // A burst of clients that a gateway is expected to take.
    private const int FewClients = 4_096;

    public static Command Create()
    {
        var origin = new Option<string?>("--origin") { Description = "Address of the image service, or demo for the built-in one.", HelpName = "URL|demo" };
        var listen = new Option<string?>("--listen") { Description = "Where to listen; several with semicolons. Default http://127.0.0.1:8080.", HelpName = "URL" };
        var data = new Option<string?>("--data") { Description = "Folder for entries and index. Default afterimage-data.", HelpName = "DIR" };
        var config = new Option<string?>("--config") { Description = "Settings file (JSON, comments allowed).", HelpName = "FILE" };
        var printDefaults = new Option<bool>("--print-defaults") { Description = "Print a settings file with every setting, its default and its meaning, and exit." };
        var printReference = new Option<bool>("--print-reference") { Description = "Print the reference of all settings as Markdown, and exit." };
        var command = new Command("serve", "Run the gateway. Any setting can be given as --Section:Key value; see docs/configuration.md.")
        {
            origin, listen, data, config, printDefaults, printReference,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(printDefaults) || parsed.GetValue(printReference))
            {
                Console.Out.Write(parsed.GetValue(printDefaults) ? ConfigurationReference.ToJson() : ConfigurationReference.ToMarkdown());
                return ExitCode.Done;
            }

            var mistakes = new List<string>();
            List<KeyValuePair<string, string?>> overrides = SettingArguments.Parse(parsed.UnmatchedTokens, mistakes);
            AddIfGiven(overrides, "Origin:Url", parsed.GetValue(origin));
            AddIfGiven(overrides, "Listen", parsed.GetValue(listen));
            AddIfGiven(overrides, "Data", parsed.GetValue(data));
            return await LoadAndRunAsync(parsed.GetValue(config), overrides, mistakes, started: null, cancellationToken);
        });
        return command;
    }

    /// <summary>Loads the settings, runs until stopped, and says every mistake.</summary>
    /// <param name="mistakes">Mistakes found so far, in the arguments.</param>
    /// <param name="started">Runs once the gateway listens.</param>
    public static async Task<int> LoadAndRunAsync(
        string? config, List<KeyValuePair<string, string?>> overrides, List<string> mistakes, Func<GatewayHost, CancellationToken, Task>? started, CancellationToken cancellationToken)
    {
        GatewayOptions? options = ConfigurationLoader.Load(config, overrides, mistakes);
        return options is null ? Refuse(mistakes) : await RunAsync(options, started, cancellationToken);
    }

    private static void AddIfGiven(List<KeyValuePair<string, string?>> overrides, string key, string? value)
    {
        if (value is not null)
        {
            overrides.Add(new(key, value));
        }
    }

    private static int Refuse(List<string> mistakes)
    {
        Console.Error.WriteLine(mistakes.Count == 1 ? "afterimage: one setting is wrong:" : $"afterimage: {mistakes.Count} settings are wrong:");
        foreach (string mistake in mistakes)
        {
            Console.Error.WriteLine("  " + mistake);
        }

        Console.Error.WriteLine("All settings: afterimage serve --print-reference");
        return ExitCode.WrongUsage;
    }

    private static async Task<int> RunAsync(GatewayOptions options, Func<GatewayHost, CancellationToken, Task>? started, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            // Not Cancel(): it runs what waits for the stop, and with that the disposal of the source, before it returns.
            signal.Cancel = true;
            _ = stop.CancelAsync();
        });
        int interrupts = 0;
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ =>
        {
            // The command line's library orders the stop; whoever asks twice does not want to wait for what is under way.
            if (Interlocked.Increment(ref interrupts) > 1)
            {
                Environment.Exit(ExitCode.Failed);
            }
        });
        try
        {
            await using DemoOriginHost? demo = options.Origin.Url == "demo" ? await DemoOriginHost.StartAsync(stop.Token) : null;
            await using Stream log = Console.OpenStandardOutput();
            await using GatewayHost gateway = await GatewayHost.StartAsync(options, demo?.Address ?? (options.Origin.Url.Length > 0 ? new Uri(options.Origin.Url) : null), log, TimeProvider.System, stop.Token);
            Banner(options, gateway);
            if (started is not null)
            {
                await started(gateway, stop.Token);
            }

            await Task.Delay(Timeout.Infinite, stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            Task farewell = gateway.FarewellAsync();

            // Beside it: the console has one lock for both of its streams, and whoever reads the log may have stopped reading.
            _ = Task.Run(() => Console.Error.WriteLine("afterimage: stopping; requests under way are finished first (Ctrl-C again: at once)"), CancellationToken.None);
            await farewell;
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or VectorIndexUnavailableException)
        {
            Console.Error.WriteLine($"afterimage: cannot start: {e.Message}");
            return ExitCode.Failed;
        }
    }

    private static void Banner(GatewayOptions options, GatewayHost gateway)
    {
        foreach (string address in gateway.Addresses)
        {
            Console.Error.WriteLine($"afterimage: listening on {address}, in front of {(options.Origin.Url.Length > 0 ? options.Origin.Url : string.Join(", ", options.Origin.Servers.Select(s => s.Url)))}");
        }

        Console.Error.WriteLine($"afterimage: semantic tier {options.Semantic.Mode.ToString().ToLowerInvariant()}, policy {options.Semantic.Policy.ToString().ToLowerInvariant()}, "
            + $"space {gateway.Cache.Semantic.Embedder.Space.Id}; data in {Path.GetFullPath(options.Data)}");
        Console.Error.WriteLine($"afterimage: dashboard {gateway.Addresses[0].Replace("[::]", "localhost").Replace("0.0.0.0", "localhost")}/_afterimage/");
        if (options.Limits.ConnectionsMax == 0 && Descriptors.ForClients(options.Origin.ConcurrencyMax) is < FewClients and var clients)
        {
            Console.Error.WriteLine($"afterimage: at most {clients} client connections: this process may have {Descriptors.Max} files open (ulimit -n), and that is few");
        }
    }
}
