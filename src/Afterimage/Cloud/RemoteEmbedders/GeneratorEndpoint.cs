using Microsoft.Extensions.AI;

namespace Afterimage.Cloud.RemoteEmbedders;

/// <summary>Any embedding generator of Microsoft.Extensions.AI.</summary>
internal sealed class GeneratorEndpoint(IEmbeddingGenerator<string, Embedding<float>> generator, int textsPerCallMax = 32) : IEmbeddingEndpoint
{
    public int TextsPerCallMax => textsPerCallMax;

    public int TextLengthMax => 8000;

    public async Task<IReadOnlyList<ReadOnlyMemory<float>>> CallAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        try
        {
            GeneratedEmbeddings<Embedding<float>> answer = await generator.GenerateAsync(texts, cancellationToken: cancellationToken);
            return [.. answer.Select(e => e.Vector)];
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            throw new EmbeddingFault($"the embedding generator failed: {fault.Message}", retry: true, fault);
        }
    }

    public void Dispose() => generator.Dispose();
}
