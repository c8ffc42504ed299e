using System.Collections.Concurrent;
using System.Text;

namespace Afterimage.Caching;

/// <summary>
/// What people said of served pairs. A pair marked as wrong is never served again, in either direction, for any picture of that prompt. Kept as
/// lines of 64 hexadecimal digits, appended; a torn last line is ignored. Thread-safe.
/// </summary>
public sealed class PairFeedback : IDisposable
{
    private readonly ConcurrentDictionary<Hash256, byte> _refused = new();
    private readonly Lock _lock = new();
    private readonly FileStream? _file;

    /// <summary>Feedback that lives in memory only.</summary>
    public PairFeedback()
    {
    }

    /// <summary>Reads the file and goes on appending to it.</summary>
    public PairFeedback(string path)
    {
        if (File.Exists(path))
        {
            foreach (string line in File.ReadLines(path))
            {
                if (Hash256.TryParseHex(line, out Hash256 pair))
                {
                    _refused[pair] = 0;
                }
            }
        }

        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        if (_file.Position > 0)
        {
            // A crash may have left half a line; what is appended must not continue it.
            _file.Write("\n"u8);
        }
    }

    public int RefusedCount => _refused.Count;

    public bool IsRefused(string asked, string stored) => !_refused.IsEmpty && _refused.ContainsKey(KeyOf(asked, stored));

    /// <summary>Marks a pair as wrong, durably.</summary>
    public void Refuse(string asked, string stored)
    {
        Hash256 pair = KeyOf(asked, stored);
        if (!_refused.TryAdd(pair, 0) || _file is null)
        {
            return;
        }

        lock (_lock)
        {
            _file.Write(Encoding.ASCII.GetBytes(pair.ToHex() + "\n"));
            _file.Flush(flushToDisk: true);
        }
    }

    public void Dispose() => _file?.Dispose();

    // Case and spacing do not make a new pair; the order of the two does not either.
    private static Hash256 KeyOf(string asked, string stored)
    {
        string a = Fold(asked), b = Fold(stored);
        return string.CompareOrdinal(a, b) <= 0 ? Hash256.Of(a + "\0" + b) : Hash256.Of(b + "\0" + a);
    }

    private static string Fold(string prompt) =>
        string.Join(' ', prompt.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ToLowerInvariant();
}
