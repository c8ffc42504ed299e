namespace Afterimage.Entries;

/// <summary>The last hundred refused entries. Thread-safe.</summary>
internal sealed class DamagedList
{
    private const int KeptMax = 100;

    private readonly Lock _gate = new();
    private readonly Queue<DamagedEntry> _entries = new();

    public void Add(DamagedEntry entry)
    {
        lock (_gate)
        {
            _entries.Enqueue(entry);
            if (_entries.Count > KeptMax)
            {
                _entries.Dequeue();
            }
        }
    }

    public DamagedEntry[] Snapshot()
    {
        lock (_gate)
        {
            return [.. _entries];
        }
    }
}
