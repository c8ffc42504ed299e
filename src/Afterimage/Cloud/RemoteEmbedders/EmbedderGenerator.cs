using Afterimage.Text;
using Microsoft.Extensions.AI;

namespace Afterimage.Cloud.RemoteEmbedders;

/// <summary>Ours, offered as an embedding generator of Microsoft.Extensions.AI.</summary>
internal sealed class EmbedderGenerator(ITextEmbedder embedder) : IEmbeddingGenerator<string, Embedding<float>>
{
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        string[] texts = [.. values];
        int dimensions = embedder.Space.Dimensions;
        float[] vectors = new float[texts.Length * dimensions];
        EmbedOutcome outcome = await embedder.EmbedAsync(texts, vectors, cancellationToken);
        return outcome == EmbedOutcome.Embedded
            ? [.. Enumerable.Range(0, texts.Length).Select(i => new Embedding<float>(vectors.AsMemory(i * dimensions, dimensions)) { ModelId = embedder.Space.Id })]
            : throw new InvalidOperationException($"the embedder {embedder.Space.Id} is {outcome}");
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(EmbeddingGeneratorMetadata) ? new EmbeddingGeneratorMetadata("afterimage", null, embedder.Space.Id, embedder.Space.Dimensions)
        : serviceType.IsInstanceOfType(embedder) ? embedder
        : serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => (embedder as IDisposable)?.Dispose();
}
