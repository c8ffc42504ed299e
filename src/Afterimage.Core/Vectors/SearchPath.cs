namespace Afterimage.Vectors;

/// <summary>How a search found its candidates.</summary>
internal enum SearchPath
{
    /// <summary>The partition has no vectors.</summary>
    Empty,

    /// <summary>The chain of a small partition.</summary>
    Chain,

    /// <summary>The row list of a larger one.</summary>
    Scan,

    /// <summary>The chain of an explicit seed in a larger partition.</summary>
    Seed,

    /// <summary>The graph, and a scan of what is not in it yet.</summary>
    Graph,
}
