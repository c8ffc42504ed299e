namespace Afterimage.Text.Bert;

/// <summary>Work that is cut into parts which any thread may do in any order. One thread owns it; <see cref="WorkTeam"/> lends others.</summary>
internal abstract class PartedWork
{
    // The number of parts in the upper half, the next part in the lower: one atomic addition takes a part and says how many there are,
    // so that a helper that comes late can never take a part of the next region with the count of the last.
    private long _ticket;

    private int _done;
    private int _helpers;

    /// <summary>Does one part.</summary>
    public abstract void Do(int part);

    /// <summary>Owner: opens a region of parts to helpers and takes part until all are done.</summary>
    public void RunAll(int parts)
    {
        _done = 0;
        Interlocked.Exchange(ref _ticket, (long)parts << 32);
        Take();
        var wait = default(SpinWait);
        while (Volatile.Read(ref _done) < parts)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Helper: takes parts while there are any, unless enough helpers are at it. Whether it did any.</summary>
    public bool Help(int helpersMax)
    {
        if (!HasParts)
        {
            return false;
        }

        bool helped = Interlocked.Increment(ref _helpers) <= helpersMax && Take();
        Interlocked.Decrement(ref _helpers);
        return helped;
    }

    /// <summary>Whether parts are left to take, at the moment of asking.</summary>
    public bool HasParts
    {
        get
        {
            long ticket = Volatile.Read(ref _ticket);
            return (int)ticket < (int)(ticket >> 32);
        }
    }

    private bool Take()
    {
        bool any = false;
        while (true)
        {
            long ticket = Interlocked.Increment(ref _ticket);
            int part = (int)ticket - 1;
            if (part >= (int)(ticket >> 32))
            {
                return any;
            }

            Do(part);
            any = true;
            Interlocked.Increment(ref _done);
        }
    }
}
