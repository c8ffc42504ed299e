using System.Collections.Frozen;

namespace Afterimage.Backfill.Sources;

/// <summary>Which names may be images, and what lies beside them.</summary>
public static class FileNames
{
    /// <summary>Longest sidecar that is read, in bytes.</summary>
    public const int SidecarBytesMax = 1 << 20;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Others = new[]
    {
        ".json", ".jsonl", ".txt", ".csv", ".tsv", ".md", ".html", ".htm", ".log", ".yaml", ".yml", ".xml", ".db", ".sqlite", ".tmp", ".part", ".py", ".js",
        ".zip", ".gz", ".tar", ".mp4", ".webm", ".mp3", ".wav", ".pdf", ".safetensors", ".ckpt", ".pt", ".lock", ".ini", ".bak",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>False for the endings of files that are never images. Keys of caches have no ending, so anything else may be one.</summary>
    public static bool MayBeImage(ReadOnlySpan<char> key)
    {
        ReadOnlySpan<char> extension = Path.GetExtension(key);
        return key.Length > 0 && key[^1] != '/' && !(extension.Length is > 0 and <= 12 && Others.Contains(extension)) && Path.GetFileName(key)[0] != '.';
    }

    /// <summary>The names that a sidecar of an image may have, the likely ones first.</summary>
    public static IEnumerable<string> SidecarsOf(string key)
    {
        string bare = Path.GetExtension(key).Length is > 0 and <= 6 ? Path.ChangeExtension(key, null) : key;
        foreach (string extension in (string[])[".json", ".txt"])
        {
            yield return bare + extension;
            if (bare != key)
            {
                yield return key + extension;
            }
        }
    }
}
