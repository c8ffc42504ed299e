using System.Text.Json;

namespace Afterimage.Cloud.RemoteEmbedders;

/// <summary><c>/v1/embeddings</c> as OpenAI defined it and TEI, Ollama, llama.cpp, vLLM and LM Studio serve it (contracts.md 6).</summary>
/// <param name="baseAddress">Ends in <c>/v1</c> as a rule.</param>
/// <param name="dimensions">Asked of OpenAI's models that can shorten their vectors; others refuse the member, so it is not sent to them. 0 to leave it out.</param>
/// <param name="textsPerCallMax">TEI takes 32 unless told otherwise.</param>
internal sealed class OpenAiEndpoint(
    Uri baseAddress, string model, string token, int dimensions = 0, int textsPerCallMax = 32, HttpMessageHandler? handler = null) : IEmbeddingEndpoint
{
    private readonly EmbeddingHttp _http = new(new Uri(baseAddress.AbsoluteUri.TrimEnd('/') + "/embeddings"), token, handler);

    public int TextsPerCallMax => textsPerCallMax;

    public int TextLengthMax => 8000;

    public async Task<IReadOnlyList<ReadOnlyMemory<float>>> CallAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        object body = dimensions > 0 && model.Contains("text-embedding-3", StringComparison.Ordinal)
            ? new { model, input = texts, encoding_format = "float", dimensions }
            : new { model, input = texts, encoding_format = "float" };
        using JsonDocument answer = await _http.PostAsync(body, IsFinal, cancellationToken);
        if (EmbeddingJson.Member(answer.RootElement, "data") is not { ValueKind: JsonValueKind.Array } data || data.GetArrayLength() != texts.Count)
        {
            throw EmbeddingJson.Invalid($"the answer does not hold {texts.Count} embeddings");
        }

        var vectors = new ReadOnlyMemory<float>[texts.Count];
        int position = 0;
        foreach (JsonElement item in data.EnumerateArray())
        {
            // The order is that of index, not that of the list.
            int index = EmbeddingJson.Member(item, "index") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out int told) ? told : position;
            if ((uint)index >= (uint)vectors.Length || !vectors[index].IsEmpty)
            {
                throw EmbeddingJson.Invalid($"the answer holds embedding {index} twice or out of range");
            }

            vectors[index] = EmbeddingJson.Vector(EmbeddingJson.Member(item, "embedding"));
            position++;
        }

        return vectors;
    }

    public void Dispose() => _http.Dispose();

    private static bool IsFinal(JsonElement body) =>
        EmbeddingJson.Member(EmbeddingJson.Member(body, "error"), "code") is { ValueKind: JsonValueKind.String } code && code.GetString() == "insufficient_quota";
}
