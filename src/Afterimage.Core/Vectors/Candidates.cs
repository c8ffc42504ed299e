namespace Afterimage.Vectors;

/// <summary>
/// What a search has met so far: rows with the bounds that their codes prove. A row stays while its upper bound reaches the cut, which is the floor or
/// the <c>k</c>-th best lower bound; what is left at the end holds the true <c>k</c> nearest and is scored exactly.
/// </summary>
internal sealed class Candidates
{
    private int[] _rows = new int[256];
    private float[] _upper = new float[256];
    private float[] _lower = new float[16];
    private int _lowerCount;
    private int _wanted;

    /// <summary>A row whose true cosine is below this cannot be in the result.</summary>
    public float Cut { get; private set; }

    public int Count { get; private set; }

    public void Begin(int wanted, float floor)
    {
        Count = 0;
        _lowerCount = 0;
        _wanted = wanted;
        Cut = floor;
    }

    public void Offer(int row, float similarity, float error)
    {
        if (similarity + error < Cut)
        {
            return;
        }

        if (Count == _rows.Length)
        {
            Prune();
            if (Count > _rows.Length / 2)
            {
                Array.Resize(ref _rows, _rows.Length * 2);
                Array.Resize(ref _upper, _upper.Length * 2);
            }
        }

        _rows[Count] = row;
        _upper[Count++] = similarity + error;
        Raise(similarity - error);
    }

    public bool Contains(int row) => _rows.AsSpan(0, Count).Contains(row);

    /// <summary>Drops what the cut has overtaken, best upper bound first. The spans are valid until the next call.</summary>
    public (ReadOnlyMemory<int> Rows, ReadOnlyMemory<float> Upper) Finish()
    {
        Prune();
        Array.Sort(_upper, _rows, 0, Count, Descending.Instance);
        return (_rows.AsMemory(0, Count), _upper.AsMemory(0, Count));
    }

    private void Prune()
    {
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (_upper[i] >= Cut)
            {
                _rows[kept] = _rows[i];
                _upper[kept++] = _upper[i];
            }
        }

        Count = kept;
    }

    /// <summary>A min-heap of the best lower bounds; full, its root is a bound that <c>k</c> rows are known to reach.</summary>
    private void Raise(float lower)
    {
        if (_lowerCount < _wanted)
        {
            if (_lowerCount == _lower.Length)
            {
                Array.Resize(ref _lower, _lower.Length * 2);
            }

            int i = _lowerCount++;
            for (; i > 0 && _lower[(i - 1) / 2] > lower; i = (i - 1) / 2)
            {
                _lower[i] = _lower[(i - 1) / 2];
            }

            _lower[i] = lower;
        }
        else if (lower > _lower[0])
        {
            SinkRoot(lower);
        }

        if (_lowerCount == _wanted && _lower[0] > Cut)
        {
            Cut = _lower[0];
        }
    }

    private void SinkRoot(float lower)
    {
        int i = 0;
        for (int child = 1; child < _lowerCount; child = (2 * i) + 1)
        {
            child += child + 1 < _lowerCount && _lower[child + 1] < _lower[child] ? 1 : 0;
            if (_lower[child] >= lower)
            {
                break;
            }

            _lower[i] = _lower[child];
            i = child;
        }

        _lower[i] = lower;
    }

    private sealed class Descending : IComparer<float>
    {
        public static readonly Descending Instance = new();

        public int Compare(float x, float y) => y.CompareTo(x);
    }
}
