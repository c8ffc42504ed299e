using System.Text.Json;

namespace Afterimage.Cloud.RemoteEmbedders;

/// <summary>
/// Cloudflare Workers AI, <c>/ai/run</c> (contracts.md 2). The pooling is always sent, because its default is not what the models were trained with.
/// </summary>
internal sealed class WorkersAiEndpoint(string account, string model, string pooling, string token, Uri? baseAddress = null, HttpMessageHandler? handler = null)
    : IEmbeddingEndpoint
{
    private readonly EmbeddingHttp _http = new(
        new Uri(baseAddress ?? new Uri("https://api.cloudflare.com/client/v4/"), $"accounts/{Uri.EscapeDataString(account)}/ai/run/{model}"), token, handler);

    public int TextsPerCallMax => 100;

    // About 512 tokens of English; what is longer is cut or refused.
    public int TextLengthMax => 2000;

    public async Task<IReadOnlyList<ReadOnlyMemory<float>>> CallAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        object body = model.Contains("bge-m3", StringComparison.Ordinal) ? new { text = texts } : new { text = texts, pooling };
        using JsonDocument answer = await _http.PostAsync(body, IsFinal, cancellationToken);
        JsonElement result = EmbeddingJson.Member(answer.RootElement, "result");
        JsonElement rows = EmbeddingJson.Member(result, "data");
        if (rows.ValueKind != JsonValueKind.Array)
        {
            rows = EmbeddingJson.Member(result, "response");
        }

        return rows.ValueKind == JsonValueKind.Array ? [.. rows.EnumerateArray().Select(EmbeddingJson.Vector)]
            : throw EmbeddingJson.Invalid("Workers AI answered without data");
    }

    public void Dispose() => _http.Dispose();

    // 3036, seen as 4006 too: the day's free share is used up.
    private static bool IsFinal(JsonElement body) => EmbeddingJson.Member(body, "errors") is { ValueKind: JsonValueKind.Array } errors
        && errors.EnumerateArray().Any(e => EmbeddingJson.Member(e, "code") is { ValueKind: JsonValueKind.Number } code && code.TryGetInt32(out int number) && number is 3036 or 4006);
}
