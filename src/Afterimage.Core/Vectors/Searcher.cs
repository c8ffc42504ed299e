using System.Runtime.CompilerServices;
using Afterimage.Vectors.Kernels;
using Afterimage.Vectors.Storage;

namespace Afterimage.Vectors;

/// <summary>
/// One search at a time: the scratch memory of a search and the exact scan. Pooled, so that a search allocates nothing but its result.
/// </summary>
internal sealed unsafe class Searcher : ReadEpochs.Reader
{
    private const int BatchRows = 32;

    private readonly RowStore _rows;
    private readonly VectorLog _log;
    private readonly Quantizer _quantizer;
    private readonly DotKernel _kernel;
    private readonly float[] _unit;
    private readonly sbyte[] _codes;
    private readonly int[] _batch = new int[BatchRows];
    private readonly Candidates _candidates = new();
    private readonly List<Neighbor> _best = [];

    private RowScale _query;
    private float _queryNorm;
    private int _headShare;
    private int _wholeShare;
    private int _batchCount;

    internal int Busy;

    public Searcher(RowStore rows, VectorLog log, Quantizer quantizer, DotKernel kernel)
    {
        _rows = rows;
        _log = log;
        _quantizer = quantizer;
        _kernel = kernel;
        _unit = new float[quantizer.Dimensions];
        _codes = GC.AllocateArray<sbyte>(quantizer.Length, pinned: true);
    }

    /// <summary>Neighbours of a query, nearest first. The caller has entered the epochs.</summary>
    public Neighbor[] Search(PartitionTable partitions, in VectorQuery query)
    {
        int number = partitions.Find(query.Partition);
        if (number < 0)
        {
            return [];
        }

        Begin(query.Vector.Span, query.Count, query.SimilarityMin);
        ref PartitionHead head = ref partitions.At(number);
        if (Volatile.Read(ref head.Large) is not { } large)
        {
            AddChain(Volatile.Read(ref head.First), query.Seed);
        }
        else if (query.Seed is { } seed)
        {
            AddSeed(large.Seeds.First(_rows, seed));
        }
        else
        {
            AddList(large.List);
        }

        return Finish(query.Count, query.SimilarityMin);
    }

    private void AddChain(int first, long? seed)
    {
        for (int row = first; row >= 0;)
        {
            ref RowInfo info = ref _rows.Info(row);
            if (seed is not { } wanted || (info.HasSeed && info.Seed == wanted))
            {
                Add(row);
            }

            row = Volatile.Read(ref info.Next);
        }
    }

    private void AddSeed(int first)
    {
        for (int row = first; row >= 0; row = Volatile.Read(ref _rows.Info(row).NextOfSeed))
        {
            Add(row);
        }
    }

    private void AddList(RowList list)
    {
        int count = list.Count;
        for (int i = 0; i < count; i++)
        {
            int row = list[i];
            if (row >= 0)
            {
                Add(row);
            }
        }
    }

    private void Begin(ReadOnlySpan<float> query, int count, float floor)
    {
        UnitVectors.Normalize(query, _unit);
        _query = _quantizer.EncodeQuery(_unit, _codes);
        _queryNorm = _query.Scale > 0 ? 1 : 0;
        _headShare = 128 * Sum(_codes.AsSpan(0, _quantizer.HeadLength));
        _wholeShare = _headShare + (128 * Sum(_codes.AsSpan(_quantizer.HeadLength)));
        _candidates.Begin(count, floor);
        _batchCount = 0;
    }

    /// <summary>Considers a row; its codes are looked at when a batch is full or the search ends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add(int row)
    {
        _batch[_batchCount++] = row;
        if (_batchCount == BatchRows)
        {
            ScanBatch();
        }
    }

    /// <summary>Scores what is left exactly and returns the result.</summary>
    private Neighbor[] Finish(int count, float floor)
    {
        ScanBatch();
        (ReadOnlyMemory<int> rows, ReadOnlyMemory<float> upper) = _candidates.Finish();
        _best.Clear();
        for (int i = 0; i < rows.Length; i++)
        {
            // Upper bounds fall from here on: once the k-th exact similarity is above them, nothing can come in any more.
            if (_best.Count >= count && upper.Span[i] < _best[count - 1].Similarity)
            {
                break;
            }

            ref RowInfo info = ref _rows.Info(rows.Span[i]);
            float similarity = Exact(info.Place);
            if (similarity >= floor && !IsKnown(info.Entry))
            {
                Insert(new Neighbor(info.Entry, similarity), count);
            }
        }

        return [.. _best];
    }

    /// <summary>An entry that is being replaced beside the search may be met twice: with its old row and its new one.</summary>
    private bool IsKnown(in Hash256 entry)
    {
        foreach (Neighbor known in _best)
        {
            if (known.Entry == entry)
            {
                return true;
            }
        }

        return false;
    }

    private float Exact(uint place)
    {
        (float dot, float normSquared) = HalfVectors.Dot(_log.Vector(place), _unit);
        return normSquared > 0 ? Math.Clamp(dot / MathF.Sqrt(normSquared), -1, 1) : 0;
    }

    /// <summary>Keeps the best <paramref name="count"/>, nearest first, equal ones by entry.</summary>
    private void Insert(Neighbor found, int count)
    {
        int at = _best.Count;
        while (at > 0 && (_best[at - 1].Similarity < found.Similarity
            || (_best[at - 1].Similarity == found.Similarity && _best[at - 1].Entry > found.Entry)))
        {
            at--;
        }

        if (at < count)
        {
            _best.Insert(at, found);
            if (_best.Count > count)
            {
                _best.RemoveAt(count);
            }
        }
    }

    private void ScanBatch()
    {
        int count = _batchCount;
        _batchCount = 0;
        byte** rows = stackalloc byte*[BatchRows];
        int* heads = stackalloc int[BatchRows];
        int* tails = stackalloc int[BatchRows];
        for (int i = 0; i < count; i++)
        {
            rows[i] = _rows.Codes(_batch[i]);
        }

        sbyte* query = (sbyte*)Unsafe.AsPointer(ref _codes[0]);
        int head = _quantizer.HeadLength;
        _kernel.Dots(rows, count, query, 0, head, heads);
        int left = 0;
        for (int i = 0; i < count; i++)
        {
            // What the tail can add at most is the product of the tails' norms.
            RowScale scale = _rows.Scale(_batch[i]);
            float most = ((heads[i] - _headShare) * scale.Scale * _query.Scale) + (scale.TailNorm * _query.TailNorm) + ErrorOf(scale);
            if (most >= _candidates.Cut)
            {
                rows[left] = rows[i];
                heads[left] = heads[i];
                _batch[left++] = _batch[i];
            }
        }

        _kernel.Dots(rows, left, query, head, _quantizer.Length - head, tails);
        for (int i = 0; i < left; i++)
        {
            RowScale scale = _rows.Scale(_batch[i]);
            _candidates.Offer(_batch[i], (heads[i] + tails[i] - _wholeShare) * scale.Scale * _query.Scale, ErrorOf(scale));
        }
    }

    /// <summary>The bound of <see cref="Quantizer"/>; the coded query is no longer than the query and its error.</summary>
    private float ErrorOf(RowScale row) => _query.Error + ((_queryNorm + _query.Error) * row.Error) + Quantizer.Slack;

    private static int Sum(ReadOnlySpan<sbyte> codes)
    {
        int sum = 0;
        foreach (sbyte code in codes)
        {
            sum += code;
        }

        return sum;
    }
}
