using Afterimage.Vectors.Graphs;

namespace Afterimage.Vectors;

/// <summary>The rows of a partition that outgrew a chain: a list to scan, chains by seed, and a graph where there are very many.</summary>
internal sealed class LargePartition(Hash256 key)
{
    /// <summary>A chain becomes a list at this many rows: about where following it starts to cost more than scanning.</summary>
    public const int RowsMin = 64;

    private RowList _list = new(RowsMin * 2);
    private Graph? _graph;

    public Hash256 Key => key;

    /// <summary>Private bytes of list, seeds and graph.</summary>
    public long Bytes => _list.Bytes + Seeds.Bytes + (Graph?.Bytes ?? 0);

    public SeedTable Seeds { get; } = new();

    /// <summary>The rows as they stand now; the writer replaces it when it grows or is thinned out.</summary>
    public RowList List => Volatile.Read(ref _list);

    /// <summary>The graph over the first <see cref="RowList.Graphed"/> rows; null where the partition is scanned.</summary>
    public Graph? Graph
    {
        get => Volatile.Read(ref _graph);
        set => Volatile.Write(ref _graph, value);
    }

    /// <summary>Waits for maintenance. Under the writer's lock.</summary>
    public bool Queued { get; set; }

    /// <summary>Its last row is gone. Under the writer's lock.</summary>
    public bool Dropped { get; set; }

    /// <summary>Gets no graph any more: working on one met a defect. Under the writer's lock.</summary>
    public bool ScanOnly { get; set; }

    public void Add(RowStore rows, int row)
    {
        if (_list.Full)
        {
            Publish(rows, _list.Copy(_list.Live * 2));
        }

        rows.Info(row).Position = _list.Append(row);
        Seeds.Add(rows, row);
    }

    public void Remove(RowStore rows, int row)
    {
        Seeds.Remove(rows, row);
        _list.Clear(rows.Info(row).Position);
        if (_list.Live < _list.Count / 2 && _list.Count > RowsMin)
        {
            Publish(rows, _list.Copy(Math.Max(_list.Live * 3 / 2, RowsMin)));
        }
    }

    private void Publish(RowStore rows, RowList list)
    {
        for (int i = 0; i < list.Count; i++)
        {
            rows.Info(list[i]).Position = i;
        }

        Volatile.Write(ref _list, list);
    }
}
