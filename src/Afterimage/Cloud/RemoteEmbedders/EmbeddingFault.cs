namespace Afterimage.Cloud.RemoteEmbedders;

/// <summary>A call for vectors that failed. The message is for the operator's log.</summary>
internal sealed class EmbeddingFault(string message, bool retry, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether the same call may succeed soon.</summary>
    public bool Retry => retry;

    /// <summary>How long the other side asks to wait; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The answer was there, but no vectors of this space in it.</summary>
    public bool Invalid { get; init; }
}
