using System.Net;
using System.Text.Json;

namespace Afterimage.Tests.Scenarios;

/// <summary>An HTTP answer, read whole.</summary>
internal sealed record Answer(HttpStatusCode Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>A header's value, or empty.</summary>
    public string this[string header] => Headers.TryGetValue(header, out string? value) ? value : "";

    /// <summary><c>MISS</c>, <c>BYPASS</c>, <c>HIT exact</c> or <c>HIT semantic</c>.</summary>
    public string Cache => (this["X-Cache"] + " " + this["X-Cache-Type"]).Trim();

    public string Text => System.Text.Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public static async Task<Answer> OfAsync(HttpResponseMessage response)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var header in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            headers[header.Key] = string.Join(", ", header.Value);
        }

        return new Answer(response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync());
    }
}
