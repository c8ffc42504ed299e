namespace Afterimage.Vectors;

/// <summary>
/// Row numbers in the order of arrival. The writer appends and clears; readers take <see cref="Count"/> once and skip cleared places (-1). Rows never
/// change places within one list, so a reader can neither miss one nor see it twice.
/// </summary>
internal sealed class RowList(int capacity)
{
    private readonly int[] _rows = new int[capacity];
    private int _count;
    private int _graphed;

    /// <summary>Every row before this position is in the partition's graph; the rest has to be scanned.</summary>
    public int Graphed
    {
        get => Volatile.Read(ref _graphed);
        set => Volatile.Write(ref _graphed, value);
    }

    public int Count => Volatile.Read(ref _count);

    public int Live { get; private set; }

    public long Bytes => (long)_rows.Length * sizeof(int);

    public bool Full => _count == _rows.Length;

    public int this[int position] => Volatile.Read(ref _rows[position]);

    public int Append(int row)
    {
        _rows[_count] = row;
        Live++;
        Volatile.Write(ref _count, _count + 1);
        return _count - 1;
    }

    public void Clear(int position)
    {
        Volatile.Write(ref _rows[position], -1);
        Live--;
    }

    /// <summary>A list of the rows that are left, in the same order.</summary>
    public RowList Copy(int capacity)
    {
        var copy = new RowList(Math.Max(capacity, Live + 1));
        for (int i = 0; i < _count; i++)
        {
            if (_rows[i] >= 0)
            {
                copy.Append(_rows[i]);
                copy._graphed += i < _graphed ? 1 : 0;
            }
        }

        return copy;
    }
}
