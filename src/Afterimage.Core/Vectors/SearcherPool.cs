namespace Afterimage.Vectors;

/// <summary>Searchers that are free to take. There are never more than searches ran at once.</summary>
internal sealed class SearcherPool(ReadEpochs epochs, Func<Searcher> create)
{
    private readonly Lock _growing = new();
    private Searcher[] _searchers = [];

    public Searcher Rent()
    {
        Searcher[] searchers = Volatile.Read(ref _searchers);
        int start = searchers.Length == 0 ? 0 : Thread.GetCurrentProcessorId() % searchers.Length;
        for (int i = 0; i < searchers.Length; i++)
        {
            Searcher searcher = searchers[(start + i) % searchers.Length];
            if (Volatile.Read(ref searcher.Busy) == 0 && Interlocked.Exchange(ref searcher.Busy, 1) == 0)
            {
                return searcher;
            }
        }

        Searcher added = create();
        added.Busy = 1;
        epochs.Register(added);
        lock (_growing)
        {
            Volatile.Write(ref _searchers, [.. _searchers, added]);
        }

        return added;
    }

    public static void Return(Searcher searcher) => Volatile.Write(ref searcher.Busy, 0);
}
