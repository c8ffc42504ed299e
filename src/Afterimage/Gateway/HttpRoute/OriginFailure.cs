namespace Afterimage.Gateway.HttpRoute;

/// <summary>Why there is no answer of the origin.</summary>
internal enum OriginFailure
{
    None,

    /// <summary>No connection, or it broke before the header section was complete.</summary>
    Unreachable,

    /// <summary>The header section did not come in time.</summary>
    TimedOut,

    /// <summary>What came is not HTTP.</summary>
    Invalid,
}
