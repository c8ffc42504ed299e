namespace Afterimage.Vectors;

/// <summary>What is known of a row beside its codes. Written under the writer lock before the row is published, or as single atomic words after.</summary>
internal struct RowInfo
{
    public Hash256 Entry;
    public long Seed;
    public int Partition;

    /// <summary>Where the exact vector stands in the log.</summary>
    public uint Place;

    /// <summary>Number of the backfill batch, 0 for none.</summary>
    public int Batch;

    /// <summary>The next row of a small partition; meaningless in a large one.</summary>
    public int Next;

    /// <summary>Position in the row list of a large partition.</summary>
    public int Position;

    /// <summary>Neighbours in the chain of rows with the same seed, in a large partition. The first row has minus the chain's length as its previous.</summary>
    public int NextOfSeed;
    public int PreviousOfSeed;

    /// <summary>The graph node that stands for the row, or -1; and its neighbours in the chain of near-duplicates that share it.</summary>
    public int Node;
    public int NextOfNode;
    public int PreviousOfNode;

    /// <summary>Whether every row behind this one in its node's chain has exactly its vector.</summary>
    public bool RestIsEqual;

    /// <summary>Dead, and kept because a node of the graph has nobody else to stand for it.</summary>
    public bool Leads;

    public bool HasSeed;
    public bool Live;
}
