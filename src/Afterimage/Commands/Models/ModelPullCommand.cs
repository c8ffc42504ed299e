using System.CommandLine;
using Afterimage.Cloud.HuggingFace;

namespace Afterimage.Commands.Models;

/// <summary><c>afterimage model pull</c>.</summary>
internal static class ModelPullCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "A known name or a repository id, owner/name." };
        var revision = new Option<string?>("--revision") { Description = "Commit, branch or tag; the pinned commit of known models, otherwise main." };
        var command = new Command("pull", "Fetch a model and verify it.") { name, revision };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            HubSettings.FromEnvironment(), parsed.GetValue(name)!, parsed.GetValue(revision), parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error, !Console.IsOutputRedirected, cancellationToken));
        return command;
    }

    internal static async Task<int> RunAsync(
        HubSettings settings, string name, string? revision, TextWriter output, TextWriter error, bool terminal, CancellationToken cancellationToken)
    {
        KnownModel? known = KnownModel.Find(name);
        string repository = known?.Repository ?? name;
        if (!ModelStore.IsRepository(repository))
        {
            error.WriteLine(ModelStore.NotHere(name));
            return ExitCode.WrongUsage;
        }

        var store = new ModelStore(settings);
        if (revision is null && (store.FindPulled(repository) ?? store.FindInHubCache(repository)) is { } there)
        {
            output.WriteLine($"{repository} is here already: {there}");
            return ExitCode.Done;
        }

        var progress = new PullProgress(output, terminal);
        try
        {
            var pull = new ModelPull(settings, store, TimeProvider.System) { Progress = progress.Report };
            string folder = await pull.RunAsync(repository, revision ?? known?.Revision ?? "main", cancellationToken);
            progress.End();
            output.WriteLine($"{repository} is verified and in place: {folder}");
            return ExitCode.Done;
        }
        catch (Exception fault) when (fault is HubException or HttpRequestException or IOException or UnauthorizedAccessException)
        {
            progress.End();
            error.WriteLine(fault.Message);
            return ExitCode.Failed;
        }
    }
}
