using Afterimage.Vectors.Graphs;
using Afterimage.Vectors.Kernels;
using Afterimage.Vectors.Storage;

namespace Afterimage.Vectors;

/// <summary>
/// One search at a time: chooses between scan and graph, gathers candidates and scores them exactly. Pooled with its scratch memory, so that a search
/// allocates nothing but its result.
/// </summary>
internal sealed class Searcher : ReadEpochs.Reader, IScoredRows
{
    private const int BatchRows = 32;

    // Each attempt is lost only to a replacement beside it; a search that loses them all misses at most the vectors replaced just then.
    private const int AttemptsMax = 4;
    private const int BeamMax = 2048;
    private const int BeamVectors = 100_000;

    // Near-duplicates of one node that are looked at, at most.
    private const int RowsOfNodeMax = 2048;

    private readonly RowStore _rows;
    private readonly float[] _unit;
    private readonly int[] _batch = new int[BatchRows];
    private readonly CodedQuery _query;
    private readonly GraphSearcher _graphSearcher = new();
    private readonly Candidates _candidates = new();
    private readonly Ranking _ranking;
    private readonly int _graphMin;
    private readonly int _beam;

    private int _batchCount;
    private int _wanted;
    private long? _seed;
    private float _floor;

    internal int Busy;

    /// <summary>How the last search went.</summary>
    public SearchPath Path { get; private set; }

    public Searcher(RowStore rows, VectorLog log, Quantizer quantizer, VectorIndexOptions options)
    {
        _rows = rows;
        _ranking = new Ranking(rows, log);
        _graphMin = options.GraphMin;
        _beam = options.SearchBeam;
        _unit = new float[quantizer.Dimensions];
        _query = new CodedQuery(rows, quantizer, options.Kernel);
    }

    /// <summary>Neighbours of a query, nearest first. The caller has entered the epochs.</summary>
    public Neighbor[] Search(PartitionTable partitions, in VectorQuery query)
    {
        int number = partitions.Find(query.Partition);
        Path = SearchPath.Empty;
        if (number < 0)
        {
            return [];
        }

        // 1. The query as codes; no candidates yet.
        UnitVectors.Normalize(query.Vector.Span, _unit);
        _query.Encode(_unit);
        _wanted = query.Count;
        _seed = query.Seed;
        _floor = query.SimilarityMin;

        // 2. Candidates: whatever the codes cannot rule out.
        ref PartitionHead head = ref partitions.At(number);
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            _candidates.Begin(query.Count, query.SimilarityMin);
            _batchCount = 0;
            bool complete = Gather(ref head);
            ScanBatch();
            if (complete)
            {
                break;
            }
        }

        // 3. Exact similarities decide.
        return _ranking.Rank(_candidates, _unit, query.Count, query.SimilarityMin);
    }

    void IScoredRows.Scored(ReadOnlySpan<int> rows, ReadOnlySpan<float> similarities)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            float error = _query.ErrorOf(_rows.Scale(rows[i]));
            if (similarities[i] + error + NodeRows.Reach >= _candidates.Cut)
            {
                OfferNode(rows[i], similarities[i], error);
            }
        }
    }

    /// <summary>Offers the rows that share a node: the head by its score, its near-duplicates by their own codes. More than wanted of equal ones cannot matter.</summary>
    private void OfferNode(int head, float similarity, float error)
    {
        int left = RowsOfNodeMax;
        for (int row = head; row >= 0 && left > 0; row = Volatile.Read(ref _rows.Info(row).NextOfNode))
        {
            ref RowInfo info = ref _rows.Info(row);
            left = info.RestIsEqual ? Math.Min(left, _wanted) : left;
            if (!info.Live || !HasSeed(info))
            {
                continue;
            }

            // Read behind the way to the row: what was chained in just now has told the head before.
            left--;
            if (row == head || _rows.Info(head).RestIsEqual)
            {
                _candidates.Offer(row, similarity, error);
            }
            else
            {
                Add(row);
            }
        }
    }

    private bool HasSeed(in RowInfo info) => _seed is not { } seed || (info.HasSeed && info.Seed == seed);

    /// <summary>
    /// Gathers candidates; false where a vector that was there all the time may have been passed over, because it was replaced beside the search: its new
    /// row came in where the search had been already, and its old one went out where the search had not been yet.
    /// </summary>
    private bool Gather(ref PartitionHead head)
    {
        if (Volatile.Read(ref head.Large) is { } large)
        {
            return _seed is { } seed ? SearchSeed(large, seed) : SearchList(large, _beam);
        }

        Path = SearchPath.Chain;
        int first = Volatile.Read(ref head.First);
        ScanChain(first);
        return Volatile.Read(ref head.First) == first;
    }

    private bool SearchSeed(LargePartition partition, long seed)
    {
        int first = partition.Seeds.First(_rows, seed);
        if (first < 0)
        {
            return true;
        }

        // A seed that a good part of a huge partition shares is found along the graph, with a beam as much wider as its share is smaller.
        int count = SeedTable.Count(_rows, first);
        int all = partition.List.Live;
        if (count >= _graphMin && (long)count * 8 >= all)
        {
            return SearchList(partition, _beam * Math.Max(1, all / count));
        }

        Path = SearchPath.Seed;
        for (int row = first; row >= 0; row = Volatile.Read(ref _rows.Info(row).NextOfSeed))
        {
            Add(row);
        }

        return partition.Seeds.First(_rows, seed) == first;
    }

    // What a beam finds falls with the size of the graph: of 2,000 nearest 64 nodes find all among 100,000 vectors, 256 miss one among 500,000 (bench index).
    private static int BeamFor(int graphed, int beam) => (int)Math.Min(BeamMax, beam * Math.Max(1.0, (double)graphed / BeamVectors));

    private bool SearchList(LargePartition partition, int beam)
    {
        // The order matters: rows up to the mark, read before the graph is searched, are in this graph; those behind it are scanned.
        Graph? graph = partition.Graph;
        RowList list = partition.List;
        int graphed = list.Graphed;
        if (graph is null || graph != partition.Graph || graphed == 0 || graph.Base.End == 0)
        {
            Path = SearchPath.Scan;
            ScanList(list, 0);
            return true;
        }

        Path = SearchPath.Graph;
        GraphShape shape = graph.Shape;
        _graphSearcher.Descend(shape, _query, 0);
        _graphSearcher.Search(shape.Layers[0], _query, Math.Max(BeamFor(graphed, beam), _wanted * 2), this, _floor);
        ScanList(list, graphed);

        // The graph passes over rows that were replaced; what replaced them is in the list that was current then.
        return partition.List == list;
    }

    private void ScanChain(int first)
    {
        for (int row = first; row >= 0;)
        {
            ref RowInfo info = ref _rows.Info(row);
            if (HasSeed(info))
            {
                Add(row);
            }

            row = Volatile.Read(ref info.Next);
        }
    }

    private void ScanList(RowList list, int from)
    {
        // The count is read anew each time: a row that was taken out ahead of this may have been replaced by one at the end.
        for (int i = from; i < list.Count; i++)
        {
            int row = list[i];
            if (row >= 0 && IsNew(row))
            {
                Add(row);
            }
        }
    }

    /// <summary>Behind the mark: rows of the wanted seed that the graph, which may have grown beside this search, has not given already.</summary>
    private bool IsNew(int row)
    {
        ref RowInfo info = ref _rows.Info(row);
        return HasSeed(info) && (Path != SearchPath.Graph || info.Node < 0 || !_candidates.Contains(row));
    }

    private void Add(int row)
    {
        _batch[_batchCount++] = row;
        if (_batchCount == BatchRows)
        {
            ScanBatch();
        }
    }

    private void ScanBatch()
    {
        _query.Scan(_batch.AsSpan(0, _batchCount), _candidates);
        _batchCount = 0;
    }
}
