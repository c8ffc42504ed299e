using Afterimage.Text.Bert;

namespace Afterimage.Cloud.HuggingFace;

/// <summary>
/// The models on this machine: ours, in <c>MODELS/owner--name/commit/</c> with the name of the current commit in the file <c>current</c> beside it, and
/// those in Hugging Face's own cache.
/// </summary>
internal sealed class ModelStore(HubSettings settings)
{
    private const string CurrentName = "current";

    /// <summary>The folder that holds all commits of a repository.</summary>
    public string FolderOf(string repository) => Path.Combine(settings.Models, repository.Replace("/", "--", StringComparison.Ordinal));

    /// <summary>The folder of a model given as a folder, a known name or a repository id; null where it is not on this machine.</summary>
    public string? Find(string name)
    {
        if (Directory.Exists(name))
        {
            return name;
        }

        string repository = KnownModel.Find(name)?.Repository ?? name;
        return IsRepository(repository) ? FindPulled(repository) ?? FindInHubCache(repository) : null;
    }

    /// <summary>What to say of a name that <see cref="Find"/> does not find.</summary>
    public static string NotHere(string name) => IsRepository(KnownModel.Find(name)?.Repository ?? name)
        ? $"{name} is not on this machine; afterimage model pull {name} fetches it"
        : $"{name} is neither a folder on this machine nor a known model ({string.Join(", ", KnownModel.All.Select(m => m.ShortName))}) nor a repository id such as owner/name";

    /// <summary>The current commit's folder of what was pulled before.</summary>
    public string? FindPulled(string repository)
    {
        string current = Path.Combine(FolderOf(repository), CurrentName);
        if (!File.Exists(current))
        {
            return null;
        }

        string commit = File.ReadAllText(current).Trim();
        string folder = Path.Combine(FolderOf(repository), commit);
        return IsCommit(commit) && IsModel(folder) ? folder : null;
    }

    /// <summary>The snapshot that Hugging Face's cache calls main, or the only one it has.</summary>
    public string? FindInHubCache(string repository)
    {
        string root = Path.Combine(settings.HubCache, "models--" + repository.Replace("/", "--", StringComparison.Ordinal));
        string main = Path.Combine(root, "refs", "main");
        string snapshots = Path.Combine(root, "snapshots");
        string[] folders = File.Exists(main) ? [Path.Combine(snapshots, File.ReadAllText(main).Trim())]
            : Directory.Exists(snapshots) ? Directory.GetDirectories(snapshots) : [];
        return folders.Length == 1 && IsModel(folders[0]) ? folders[0] : null;
    }

    /// <summary>
    /// Where the encoder keeps the 8-bit weights that it makes of the model in a folder: beside the model, but never in Hugging Face's cache, which is not ours.
    /// </summary>
    public string PackedFolderOf(string folder)
    {
        string inside = Path.GetRelativePath(Path.GetFullPath(settings.HubCache), Path.GetFullPath(folder));
        return Path.IsPathRooted(inside) || inside.StartsWith("..", StringComparison.Ordinal) ? folder : Path.Combine(settings.Models, "packed", inside);
    }

    /// <summary>Makes a commit the one that its repository's name stands for.</summary>
    public void SetCurrent(string repository, string commit)
    {
        string path = Path.Combine(FolderOf(repository), CurrentName);
        string temporary = $"{path}.{Environment.ProcessId:x}.tmp";
        File.WriteAllText(temporary, commit);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Repositories that have been pulled.</summary>
    public IEnumerable<string> Pulled() => !Directory.Exists(settings.Models) ? [] :
        Directory.GetDirectories(settings.Models).Select(d => Path.GetFileName(d).Replace("--", "/", StringComparison.Ordinal))
            .Where(r => IsRepository(r) && FindPulled(r) is not null).Order(StringComparer.Ordinal);

    /// <summary>Whether a text can be a repository id: owner/name, of letters, digits, dot, dash and underscore.</summary>
    public static bool IsRepository(string text) => text.Split('/') is [{ Length: > 0 } owner, { Length: > 0 } name]
        && (owner + name).All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') && owner[0] != '.' && name[0] != '.' && text.Length <= 200
        // Two dashes stand for the slash in the names of folders.
        && !text.Contains("--", StringComparison.Ordinal);

    public static bool IsCommit(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigitLower);

    private static bool IsModel(string folder) =>
        File.Exists(Path.Combine(folder, "config.json")) && File.Exists(Path.Combine(folder, BertModelFolder.WeightsName));
}
