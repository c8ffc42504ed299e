using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Afterimage.Tests.Cloud.Cloudflare;

/// <summary>
/// One Vectorize index as contracts.md section 1 describes it. Writes are enqueued and become visible after <see cref="Delay"/>; a filter sees only
/// vectors that were enqueued after its metadata index was there, and only the first 64 bytes of a string; scores are approximate unless the values are asked for.
/// </summary>
internal sealed class StandInIndex(string name, string? description, int dimensions, TimeProvider time)
{
    private readonly Queue<(DateTimeOffset Visible, DateTimeOffset Enqueued, string Mutation, Action Apply)> _queue = [];
    private readonly SortedDictionary<string, Stored> _vectors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadataIndexes = [];
    private readonly Dictionary<string, string[]> _cursors = [];
    private DateTimeOffset _processedUpTo;
    private string? _processedMutation;
    private int _mutations;

    private sealed record Stored(string Id, float[] Values, JsonElement? Metadata, IReadOnlySet<string> Indexed);

    /// <summary>How long writes take to become visible.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Uploads so far: vectors and bytes of each.</summary>
    public List<(int Vectors, int Bytes)> Uploads { get; } = [];

    /// <summary>Vectors that searches see.</summary>
    public int Visible
    {
        get
        {
            Process();
            return _vectors.Count;
        }
    }

    /// <summary>Whether vectors can be written so that filters see them.</summary>
    public bool IsReady
    {
        get
        {
            Process();
            return _metadataIndexes.Count == 2;
        }
    }

    public object Describe() => new { name, description = description ?? "", created_on = "2026-11-21T12:00:00Z", modified_on = "2026-11-21T12:00:00Z", config = new { dimensions, metric = "cosine" } };

    public object Info()
    {
        Process();
        return new { dimensions, vectorCount = _vectors.Count, processedUpToDatetime = _processedUpTo.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture), processedUpToMutation = _processedMutation ?? "" };
    }

    public object CreateMetadataIndex(JsonElement body)
    {
        string property = body.GetProperty("propertyName").GetString()!, type = body.GetProperty("indexType").GetString()!;
        if (type is not ("string" or "number" or "boolean"))
        {
            throw new StandInFault(400, 40026, "unknown index type");
        }

        Process();
        if (_metadataIndexes.Count >= 10 && !_metadataIndexes.ContainsKey(property))
        {
            throw new StandInFault(400, 40004, "too many metadata indexes");
        }

        return Enqueue(() => _metadataIndexes[property] = type);
    }

    public object ListMetadataIndexes()
    {
        Process();
        return new { metadataIndexes = _metadataIndexes.Select(m => new { propertyName = m.Key, indexType = m.Value }) };
    }

    public object Upsert(string contentType, byte[] body)
    {
        if (contentType != "application/x-ndjson")
        {
            throw new StandInFault(400, 40022, "expected application/x-ndjson, got " + contentType);
        }

        if (body.Length > 100_000_000)
        {
            throw new StandInFault(413, 0, "upload is larger than 100 MB");
        }

        Process();
        var indexed = _metadataIndexes.Keys.ToHashSet();
        var batch = new List<Stored>();
        foreach (string line in Encoding.UTF8.GetString(body).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            batch.Add(ReadLine(line, indexed));
        }

        if (batch.Count > 5_000)
        {
            throw new StandInFault(400, 40007, "too many vectors in payload; max is 5000");
        }

        Uploads.Add((batch.Count, body.Length));
        return Enqueue(() => batch.ForEach(v => _vectors[v.Id] = v));
    }

    public object Delete(JsonElement body)
    {
        string[] ids = Ids(body, 100);
        return Enqueue(() => Array.ForEach(ids, id => _vectors.Remove(id)));
    }

    public object Get(JsonElement body)
    {
        Process();
        return Ids(body, 20).Distinct().Where(_vectors.ContainsKey).Select(id => new { id, values = _vectors[id].Values, metadata = _vectors[id].Metadata });
    }

    public object List(int count, string? cursor)
    {
        Process();
        if (count is < 1 or > 1_000)
        {
            throw new StandInFault(400, 40026, "count must be 1 to 1000");
        }

        // A listing is a snapshot of the first call.
        string[] ids = cursor is null ? [.. _vectors.Keys] : _cursors.TryGetValue(cursor, out string[]? rest) ? rest : throw new StandInFault(400, 40026, "unknown cursor");
        string? next = null;
        if (ids.Length > count)
        {
            next = "c" + _cursors.Count;
            _cursors[next] = ids[count..];
        }

        return new
        {
            count = Math.Min(count, ids.Length),
            totalCount = _vectors.Count,
            isTruncated = next is not null,
            nextCursor = next,
            cursorExpirationTimestamp = "2026-12-01T00:00:00Z",
            vectors = ids.Take(count).Select(id => new { id }),
        };
    }

    public object Query(JsonElement body)
    {
        Process();
        int topK = body.TryGetProperty("topK", out JsonElement k) ? k.GetInt32() : 5;
        bool values = body.TryGetProperty("returnValues", out JsonElement v) && v.GetBoolean();
        string metadata = !body.TryGetProperty("returnMetadata", out JsonElement m) ? "none"
            : m.ValueKind == JsonValueKind.String ? m.GetString()! : throw new StandInFault(400, 40026, "returnMetadata must be none, indexed or all");
        if (topK < 1 || topK > (values || metadata == "all" ? 50 : 100))
        {
            throw new StandInFault(400, 40025, "with returnValues=true or returnMetadata=all, max top K is 50; else 100");
        }

        float[] vector = ReadVector(body.GetProperty("vector"));
        Func<Stored, bool> filter = body.TryGetProperty("filter", out JsonElement f) ? ReadFilter(f) : _ => true;
        var matches = _vectors.Values.Where(filter)
            .Select(s => (s.Id, Score: Cosine(s.Values, vector) + (values ? 0 : Error(s.Id)), Stored: s))
            .OrderByDescending(s => s.Score).Take(topK)
            .Select(s => new { id = s.Id, score = s.Score, values = values ? s.Stored.Values : null, metadata = metadata == "none" ? null : s.Stored.Metadata })
            .ToList();
        return new { count = matches.Count, matches };
    }

    private Stored ReadLine(string line, HashSet<string> indexed)
    {
        JsonElement json;
        try
        {
            json = JsonElement.Parse(line);
        }
        catch (JsonException)
        {
            throw new StandInFault(400, 40023, "failed to parse upsert vectors request in json format");
        }

        string id = json.GetProperty("id").GetString()!;
        int bytes = Encoding.UTF8.GetByteCount(id);
        if (bytes is 0 or > 64)
        {
            throw new StandInFault(400, 40008, $"id too long; max is 64 bytes, got {bytes} bytes");
        }

        JsonElement? metadata = null;
        if (json.TryGetProperty("metadata", out JsonElement given))
        {
            if (Encoding.UTF8.GetByteCount(given.GetRawText()) > 10 * 1024)
            {
                throw new StandInFault(400, 40009, "metadata is larger than 10 KiB");
            }

            if (given.EnumerateObject().Any(p => p.Name.Length == 0 || p.Name.Contains('.') || p.Name.Contains('"') || p.Name.StartsWith('$')))
            {
                throw new StandInFault(400, 40009, "invalid metadata key");
            }

            metadata = given;
        }

        return new Stored(id, ReadVector(json.GetProperty("values")), metadata, indexed);
    }

    private float[] ReadVector(JsonElement values) => values.GetArrayLength() == dimensions
        ? [.. values.EnumerateArray().Select(x => x.GetSingle())]
        : throw new StandInFault(400, 40006, $"invalid vector, expected {dimensions} dimensions, and got {values.GetArrayLength()} dimensions");

    private Func<Stored, bool> ReadFilter(JsonElement filter)
    {
        if (!filter.EnumerateObject().Any() || Encoding.UTF8.GetByteCount(JsonSerializer.Serialize(filter)) >= 2_048)
        {
            throw new StandInFault(400, 40026, "filter must not be empty and be shorter than 2048 bytes");
        }

        var wanted = filter.EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
        if (wanted.Values.Any(x => x.ValueKind != JsonValueKind.String))
        {
            throw new NotSupportedException("the stand-in knows equality of strings");
        }

        // Nothing is found for a property without a metadata index, and no vector that is older than it.
        return s => wanted.All(w => _metadataIndexes.ContainsKey(w.Key) && s.Indexed.Contains(w.Key)
            && s.Metadata is { } has && has.TryGetProperty(w.Key, out JsonElement value) && value.ValueKind == JsonValueKind.String
            && Cut(value.GetString()!) == Cut(w.Value.GetString()!));
    }

    // The first 64 bytes, not in the middle of a character.
    private static string Cut(string text)
    {
        int bytes = 0;
        return string.Concat(text.EnumerateRunes().TakeWhile(r => (bytes += r.Utf8SequenceLength) <= 64));
    }

    private static string[] Ids(JsonElement body, int max)
    {
        string[] ids = [.. body.GetProperty("ids").EnumerateArray().Select(i => i.GetString()!)];
        return ids.Length <= max ? ids : throw new StandInFault(400, 40007, $"too many ids in payload; max id count is {max}, got {ids.Length}");
    }

    private object Enqueue(Action apply)
    {
        string mutation = $"{name}-{++_mutations:D8}";
        DateTimeOffset now = time.GetUtcNow();
        _queue.Enqueue((now + Delay, now, mutation, apply));
        return new { mutationId = mutation };
    }

    private void Process()
    {
        DateTimeOffset now = time.GetUtcNow();
        while (_queue.TryPeek(out var next) && next.Visible <= now)
        {
            _queue.Dequeue().Apply();
            (_processedUpTo, _processedMutation) = (next.Enqueued, next.Mutation);
        }
    }

    private static double Cosine(float[] a, float[] b)
    {
        double dot = a.Zip(b, (x, y) => (double)x * y).Sum();
        return dot / Math.Sqrt(a.Sum(x => (double)x * x) * b.Sum(x => (double)x * x));
    }

    private static double Error(string id) => ((Hash256.Of(id).GetHashCode() & 0xFF) - 128) / 128.0 * 0.02;
}
