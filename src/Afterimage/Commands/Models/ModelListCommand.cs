using System.CommandLine;
using System.Text.Json;
using Afterimage.Cloud.HuggingFace;

namespace Afterimage.Commands.Models;

/// <summary><c>afterimage model list</c>: the known models and those on this machine.</summary>
internal static class ModelListCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON line per model." };
        var command = new Command("list", "Show known models and those on this machine.") { json };
        command.SetAction(parsed => Run(HubSettings.FromEnvironment(), parsed.GetValue(json), parsed.InvocationConfiguration.Output));
        return command;
    }

    internal static int Run(HubSettings settings, bool json, TextWriter output)
    {
        var store = new ModelStore(settings);
        foreach (string repository in KnownModel.All.Select(m => m.Repository).Union(store.Pulled()))
        {
            KnownModel? known = KnownModel.Find(repository);
            string? folder = store.Find(repository);
            output.WriteLine(json
                ? JsonSerializer.Serialize(new { name = repository, revision = known?.Revision, dimensions = known?.Dimensions, note = known?.Note, folder })
                : $"{repository,-44} {(folder is null ? "-" : "here"),-5} {known?.Note}");
        }

        return ExitCode.Done;
    }
}
