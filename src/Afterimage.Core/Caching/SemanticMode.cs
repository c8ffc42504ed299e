namespace Afterimage.Caching;

/// <summary>What the semantic tier may do.</summary>
public enum SemanticMode
{
    /// <summary>No lookup. Entries are still indexed, so that it can be switched on later.</summary>
    Off,

    /// <summary>The decision is made, recorded and counted, and the origin is served.</summary>
    Shadow,

    /// <summary>A reusable picture is served.</summary>
    On,
}
