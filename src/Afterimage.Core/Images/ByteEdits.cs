namespace Afterimage.Images;

/// <summary>Collects what a rewritten file keeps and what is put in, and copies only if something changed.</summary>
internal sealed class ByteEdits
{
    private readonly List<(int Start, int End, byte[]? Inserted)> _parts = [];

    public int Length { get; private set; }

    /// <summary>Keeps source bytes; ranges that touch become one.</summary>
    public void Keep(int start, int end)
    {
        Length += end - start;
        if (_parts.Count > 0 && _parts[^1] is { Inserted: null } last && last.End == start)
        {
            _parts[^1] = (last.Start, end, null);
        }
        else if (end > start)
        {
            _parts.Add((start, end, null));
        }
    }

    /// <summary>Puts bytes in that the source does not have.</summary>
    public void Insert(byte[] bytes)
    {
        Length += bytes.Length;
        _parts.Add((0, 0, bytes));
    }

    /// <summary>The edited file: the source itself or a slice of it where one range was kept, otherwise a copy.</summary>
    public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> source)
    {
        if (_parts is [{ Inserted: null } only])
        {
            return source[only.Start..only.End];
        }

        return Copy(source.Span);
    }

    public byte[] Copy(ReadOnlySpan<byte> source)
    {
        var edited = new byte[Length];
        int at = 0;
        foreach ((int start, int end, byte[]? inserted) in _parts)
        {
            ReadOnlySpan<byte> part = inserted ?? source[start..end];
            part.CopyTo(edited.AsSpan(at));
            at += part.Length;
        }

        return edited;
    }
}
