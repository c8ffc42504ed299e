using System.Text.Json;
using Afterimage.Vectors;

namespace Afterimage.Gateway;

/// <summary>
/// Remembers in the data folder (<c>spaces.json</c>) which embedding space it was served with last, and which spaces the operator has not yet given the older
/// entries to. After a change of embedder or model nothing is embedded anew unasked (that may cost money or hours): <c>afterimage backfill reindex</c> is
/// offered, and until then the older entries are found by their exact request only. Thread-safe.
/// </summary>
internal sealed class SpaceRecord
{
    private const string Name = "spaces.json";

    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly string _space;
    private State _state;
    private bool _compared;

    private SpaceRecord(string path, string space, State state)
    {
        (_path, _space, _state) = (path, space, state);
        Former = state.Current == space ? null : state.Current;
    }

    /// <summary>The space that the folder was served with before; null where it is the same, or there was none.</summary>
    public string? Former { get; }

    /// <summary>Whether a reindex is offered.</summary>
    public bool IsOffered
    {
        get
        {
            lock (_lock)
            {
                return _state.Awaiting.Contains(_space);
            }
        }
    }

    public static SpaceRecord Open(string dataFolder, string space)
    {
        string path = Path.Combine(dataFolder, Name);
        return new SpaceRecord(path, space, Read(path) ?? new State(OtherIndex(Path.Combine(dataFolder, "index"), space) ?? space, []));
    }

    /// <summary>
    /// Compares the entries with the vectors of the space, once, and says whether a reindex is offered: where the space is another one than before and
    /// most entries have no vector in it.
    /// </summary>
    /// <param name="entries">Entries in the store.</param>
    /// <param name="vectors">Vectors in the index of the space.</param>
    public bool Compare(long entries, long vectors)
    {
        lock (_lock)
        {
            if (!_compared)
            {
                _compared = true;
                bool changed = _state.Current != _space && entries > 0 && 2 * vectors <= entries;
                Write(new State(_space, changed ? [.. _state.Awaiting.Append(_space).Distinct()] : _state.Awaiting));
            }

            return _state.Awaiting.Contains(_space);
        }
    }

    /// <summary>Every entry has been offered to the space.</summary>
    public void Reindexed()
    {
        lock (_lock)
        {
            Write(new State(_space, [.. _state.Awaiting.Where(s => s != _space)]));
        }
    }

    private static State? Read(string path)
    {
        try
        {
            return File.Exists(path) && JsonSerializer.Deserialize<State>(File.ReadAllBytes(path), Form) is { Current: not null, Awaiting: not null } state ? state : null;
        }
        catch (Exception fault) when (fault is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The space of an index that is there, for folders older than this record; null where there is none but ours.</summary>
    private static string? OtherIndex(string folder, string space)
    {
        string own = Path.GetFileName(VectorIndex.FolderOf(folder, space));
        return !Directory.Exists(folder) ? null : Directory.GetDirectories(folder).Select(d => Path.GetFileName(d)!)
            .Where(n => n != own && Directory.EnumerateFiles(Path.Combine(folder, n)).Any()).Select(Uri.UnescapeDataString).Order(StringComparer.Ordinal).FirstOrDefault();
    }

    private void Write(State state)
    {
        if (_state.Current == state.Current && _state.Awaiting.SequenceEqual(state.Awaiting) && File.Exists(_path))
        {
            return;
        }

        _state = state;
        string temporary = $"{_path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(state, Form));
            File.Move(temporary, _path, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Asked again at the next start; serving does not depend on it.
            DeleteIfThere(temporary);
        }
    }

    private static void DeleteIfThere(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The disk that refused the file keeps it, too.
        }
    }

    /// <param name="Current">The space served last.</param>
    /// <param name="Awaiting">Spaces that the older entries have not been given to.</param>
    private sealed record State(string Current, IReadOnlyList<string> Awaiting);
}
