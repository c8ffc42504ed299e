namespace Afterimage.Cloud.RemoteEmbedders;

/// <summary>One way of asking somebody else for vectors: a single call, no retries, no limits. <see cref="RemoteEmbedder"/> does the rest.</summary>
internal interface IEmbeddingEndpoint : IDisposable
{
    /// <summary>Texts that one call may carry.</summary>
    int TextsPerCallMax { get; }

    /// <summary>UTF-16 units of a text that are sent; what is behind would be cut or refused by the other side.</summary>
    int TextLengthMax { get; }

    /// <summary>Asks for the vectors of texts, one each, in their order.</summary>
    /// <exception cref="EmbeddingFault">It did not work; whether to try again is said.</exception>
    Task<IReadOnlyList<ReadOnlyMemory<float>>> CallAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken);
}
