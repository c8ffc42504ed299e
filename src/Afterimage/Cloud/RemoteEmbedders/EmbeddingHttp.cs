using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Afterimage.Cloud.RemoteEmbedders;

/// <summary>What the HTTP endpoints share: one POST with a bearer token, an answer of bounded size, errors as <see cref="EmbeddingFault"/>.</summary>
internal sealed class EmbeddingHttp : IDisposable
{
    private const int AnswerBytesMax = 64 * 1024 * 1024;

    private readonly HttpClient _http;
    private readonly Uri _address;
    private readonly string _token;

    /// <param name="address">Where to post.</param>
    /// <param name="token">Bearer token; empty for none.</param>
    /// <param name="handler">For tests; null for the network.</param>
    public EmbeddingHttp(Uri address, string token, HttpMessageHandler? handler)
    {
        (_address, _token) = (address, token);
        _http = new HttpClient(handler ?? new SocketsHttpHandler
        {
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            AutomaticDecompression = DecompressionMethods.All,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = AnswerBytesMax,
        };
    }

    /// <param name="body">Sent as JSON.</param>
    /// <param name="isFinal">Says of an error's JSON body (default where it is none) whether trying again is useless.</param>
    public async Task<JsonDocument> PostAsync(object body, Func<JsonElement, bool> isFinal, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _address) { Content = JsonContent.Create(body) };
            if (_token.Length > 0)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
            }

            using HttpResponseMessage answer = await _http.SendAsync(request, cancellationToken);
            byte[] bytes = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                return Parse(bytes) ?? throw new EmbeddingFault($"{_address.Host} answered something that is not JSON", retry: false) { Invalid = true };
            }

            throw Refusal(answer, bytes, isFinal);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw new EmbeddingFault($"{_address.Host}: {fault.Message}", retry: true, fault);
        }
    }

    public void Dispose() => _http.Dispose();

    private EmbeddingFault Refusal(HttpResponseMessage answer, byte[] bytes, Func<JsonElement, bool> isFinal)
    {
        using JsonDocument? body = Parse(bytes);
        int status = (int)answer.StatusCode;
        bool retry = status is 408 or 425 or 429 or >= 500 && !isFinal(body?.RootElement ?? default);
        RetryConditionHeaderValue? after = answer.Headers.RetryAfter;
        TimeSpan? pause = after?.Delta ?? (after?.Date is { } date ? date - DateTimeOffset.UtcNow : null);
        string said = body?.RootElement.GetRawText() ?? "";
        return new EmbeddingFault($"{_address.Host} answered {status} {said[..Math.Min(said.Length, 300)]}".TrimEnd(), retry)
        {
            RetryAfter = pause < TimeSpan.Zero ? TimeSpan.Zero : pause,
        };
    }

    private static JsonDocument? Parse(byte[] bytes)
    {
        try
        {
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
