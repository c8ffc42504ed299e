using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Afterimage.Vectors;

namespace Afterimage.Cloud.Cloudflare;

/// <summary>The calls of Vectorize v2 that an index needs, typed, within the sizes that Vectorize takes. Failures throw <see cref="VectorIndexUnavailableException"/> with the sentence for the log.</summary>
internal sealed class VectorizeApi(CloudflareClient client, string index)
{
    private const string Root = "vectorize/v2/indexes";
    private static readonly MediaTypeHeaderValue JsonType = new("application/json");
    private static readonly MediaTypeHeaderValue NdjsonType = new("application/x-ndjson");

    private string Path { get; } = $"{Root}/{index}";

    /// <summary>Dimensions, metric and description of the index, or null where it does not exist.</summary>
    public async Task<(int Dimensions, string Metric, string Description)?> FindAsync(CancellationToken cancellationToken)
    {
        CloudflareAnswer answer = await client.CallInBackgroundAsync(HttpMethod.Get, Path, null, cancellationToken);
        if (answer is { Outcome: CloudflareOutcome.Refused, Code: CloudflareErrors.IndexNotFound })
        {
            return null;
        }

        return Shape(Result(answer), static r => (
            r.GetProperty("config").GetProperty("dimensions").GetInt32(),
            r.GetProperty("config").GetProperty("metric").GetString() ?? "",
            r.TryGetProperty("description", out JsonElement description) ? description.GetString() ?? "" : ""));
    }

    /// <summary>Creates the index; no fault where another gateway was faster.</summary>
    public async Task CreateAsync(string description, int dimensions, CancellationToken cancellationToken)
    {
        var body = new { name = index, description, config = new { dimensions, metric = "cosine" } };
        CloudflareAnswer answer = await client.CallInBackgroundAsync(HttpMethod.Post, Root, () => Json(body), cancellationToken);
        if (answer.Code != CloudflareErrors.IndexExists)
        {
            Result(answer);
        }
    }

    public async Task<IReadOnlyList<string>> MetadataIndexesAsync(CancellationToken cancellationToken)
    {
        JsonElement result = Result(await client.CallInBackgroundAsync(HttpMethod.Get, Path + "/metadata_index/list", null, cancellationToken));
        return Shape<string[]>(result, static r => [.. r.GetProperty("metadataIndexes").EnumerateArray().Select(m => m.GetProperty("propertyName").GetString() ?? "")]);
    }

    /// <summary>Asks for a string metadata index; it exists a little later.</summary>
    public async Task CreateMetadataIndexAsync(string property, CancellationToken cancellationToken) =>
        Result(await client.CallInBackgroundAsync(
            HttpMethod.Post, Path + "/metadata_index/create", () => Json(new { propertyName = property, indexType = "string" }), cancellationToken));

    /// <summary>Vectors that searches see, and up to when and to which mutation writes have been processed.</summary>
    public async Task<VectorizeProgress> InfoAsync(CancellationToken cancellationToken)
    {
        JsonElement info = Result(await client.CallInBackgroundAsync(HttpMethod.Get, Path + "/info", null, cancellationToken));
        return Shape(info, static r => new VectorizeProgress(
            r.GetProperty("vectorCount").GetInt64(),
            r.TryGetProperty("processedUpToDatetime", out JsonElement at) && at.ValueKind == JsonValueKind.String
                && DateTimeOffset.TryParse(at.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : DateTimeOffset.MinValue,
            r.TryGetProperty("processedUpToMutation", out JsonElement mutation) ? mutation.GetString() : null));
    }

    /// <summary>Sends one upload; returns the mutation that will make it visible.</summary>
    public async Task<string> UpsertAsync(ReadOnlyMemory<byte> ndjson, CancellationToken cancellationToken)
    {
        JsonElement result = Result(await client.CallInBackgroundAsync(
            HttpMethod.Post,
            Path + "/upsert?unparsable-behavior=error",
            () => new ReadOnlyMemoryContent(ndjson) { Headers = { ContentType = NdjsonType } },
            cancellationToken));
        return Mutation(result);
    }

    /// <summary>Deletes at most <see cref="VectorizeLimits.DeleteIds"/> ids; returns the mutation that will make it visible.</summary>
    public async Task<string> DeleteAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ids.Count, VectorizeLimits.DeleteIds);
        return Mutation(Result(await client.CallInBackgroundAsync(HttpMethod.Post, Path + "/delete_by_ids", () => Json(new { ids }), cancellationToken)));
    }

    /// <summary>Gets at most <see cref="VectorizeLimits.GetIds"/> vectors; ids that are not there are left out.</summary>
    public async Task<IReadOnlyList<JsonElement>> GetAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ids.Count, VectorizeLimits.GetIds);
        JsonElement result = Result(await client.CallInBackgroundAsync(HttpMethod.Post, Path + "/get_by_ids", () => Json(new { ids }), cancellationToken));
        return Shape<JsonElement[]>(result, static r => [.. r.EnumerateArray()]);
    }

    /// <summary>A page of at most <see cref="VectorizeLimits.ListIds"/> ids and the cursor of the next, null at the end.</summary>
    public async Task<(IReadOnlyList<string> Ids, string? Next)> ListAsync(string? cursor, CancellationToken cancellationToken)
    {
        string query = string.Create(CultureInfo.InvariantCulture, $"?count={VectorizeLimits.ListIds}") + (cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor));
        JsonElement result = Result(await client.CallInBackgroundAsync(HttpMethod.Get, Path + "/list" + query, null, cancellationToken));
        return Shape<(IReadOnlyList<string>, string?)>(result, static r => (
            [.. r.GetProperty("vectors").EnumerateArray().Select(v => v.GetProperty("id").GetString()!)],
            r.GetProperty("isTruncated").GetBoolean() && r.TryGetProperty("nextCursor", out JsonElement next) ? next.GetString() : null));
    }

    /// <summary>The matches of one query of somebody who waits.</summary>
    public async Task<IReadOnlyList<JsonElement>> QueryAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = JsonType } };
        JsonElement result = Result(await client.CallAsync(HttpMethod.Post, Path + "/query", content, cancellationToken));
        return Shape<JsonElement[]>(result, static r => [.. r.GetProperty("matches").EnumerateArray()]);
    }

    private static ByteArrayContent Json<T>(T value) => new(JsonSerializer.SerializeToUtf8Bytes(value)) { Headers = { ContentType = JsonType } };

    private static JsonElement Result(CloudflareAnswer answer) => answer.Succeeded ? answer.Result : throw new VectorIndexUnavailableException(answer.Sentence);

    private static T Shape<T>(JsonElement result, Func<JsonElement, T> read)
    {
        try
        {
            return read(result);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new VectorIndexUnavailableException("Vectorize answered in a form that this version does not know: " + e.Message, e);
        }
    }

    private static string Mutation(JsonElement result) =>
        Shape(result, static r => r.TryGetProperty("mutationId", out JsonElement id) ? id.GetString() ?? "" : "");
}

/// <param name="Vectors">Vectors that searches see.</param>
/// <param name="ProcessedUpTo">Writes enqueued before this are visible.</param>
/// <param name="Mutation">The last write that has been processed.</param>
internal readonly record struct VectorizeProgress(long Vectors, DateTimeOffset ProcessedUpTo, string? Mutation);
