using System.CommandLine;
using Afterimage.Cloud.HuggingFace;
using Afterimage.Text.Bert;
using Afterimage.Text.Tokenizers;

namespace Afterimage.Commands.Models;

/// <summary><c>afterimage model verify</c>: every file against the hash it was fetched with, and whether the files make a model.</summary>
internal static class ModelVerifyCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "A model on this machine: a known name, a repository id or a folder." };
        var command = new Command("verify", "Check the files of a model.") { name };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            HubSettings.FromEnvironment(), parsed.GetValue(name)!, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    internal static async Task<int> RunAsync(HubSettings settings, string name, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var store = new ModelStore(settings);
        if (store.Find(name) is not { } folder)
        {
            error.WriteLine(ModelStore.NotHere(name));
            return ExitCode.Failed;
        }

        try
        {
            bool right = true;
            foreach ((string path, string hash) in Expected(folder))
            {
                string full = Path.Combine(folder, path.Replace('/', Path.DirectorySeparatorChar));
                bool same = File.Exists(full) && await ContentHash.MatchesAsync(full, hash, cancellationToken);
                output.WriteLine($"{(same ? "ok     " : "DAMAGED")} {path}");
                right &= same;
            }

            BertModelFolder model = BertModelFolder.Open(folder, store.PackedFolderOf(folder));
            WordPieceTokenizer tokenizer = TokenizerFiles.Load(folder);
            using BertEncoder encoder = BertEncoder.Load(model, model.Pooling, model.DefaultPrecision);
            output.WriteLine($"{model.Config.Layers} layers, {model.Config.Hidden} dimensions, {tokenizer.VocabularySize} tokens, {model.Pooling} pooling, up to {model.TokensMax} tokens a text");
            output.WriteLine(encoder.Int8Refusal ?? $"computed in {encoder.Precision} by the kernel {encoder.Kernel}");
            return right ? ExitCode.Done : ExitCode.Failed;
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine(fault.Message);
            return ExitCode.Failed;
        }
    }

    /// <summary>From our manifest; in Hugging Face's cache from the names of the blobs that the links point at; nothing for other folders.</summary>
    private static IEnumerable<(string Path, string Hash)> Expected(string folder) => ModelManifest.Read(folder) is { } manifest
        ? manifest.Files.Select(f => (f.Path, f.Hash))
        : ModelFile.Wanted.Select(path => (path, Path.GetFileName(new FileInfo(Path.Combine(folder, path)).LinkTarget ?? ""))).Where(f => ContentHash.IsKnown(f.Item2));
}
