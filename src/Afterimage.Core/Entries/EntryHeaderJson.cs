using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Afterimage.Requests;

namespace Afterimage.Entries;

/// <summary>
/// The JSON header as written (docs/formats.md). A form of its own, so that renaming a property of <see cref="EntryHeader"/> never changes files, and
/// unknown fields of a later minor version are ignored.
/// </summary>
internal sealed record EntryHeaderJson
{
    // Letters of every script as themselves: the files are never shown as HTML, and stay short and searchable.
    private static readonly EntryJsonContext Json =
        new(new JsonSerializerOptions(EntryJsonContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public required string Id { get; init; }

    public required string Key { get; init; }

    public required RequestJson Request { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required DateTimeOffset Created { get; init; }

    public DateTimeOffset? Expires { get; init; }

    public string? Source { get; init; }

    public Guid Batch { get; init; }

    public string? Extraction { get; init; }

    public required string ContentType { get; init; }

    public string? ContentHash { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required long Length { get; init; }

    public int Width { get; init; }

    public int Height { get; init; }

    public string[][]? Headers { get; init; }

    public double? OriginMs { get; init; }

    [JsonConverter(typeof(AnyTextConverter))]
    public string? Location { get; init; }

    /// <summary>The image request as written.</summary>
    internal sealed record RequestJson
    {
        public required string Dialect { get; init; }

        [JsonConverter(typeof(AnyTextConverter))]
        public required string Prompt { get; init; }

        public string? SeedKind { get; init; }

        public long? Seed { get; init; }

        [JsonConverter(typeof(AnyTextConverter))]
        public string? Model { get; init; }

        public int Width { get; init; }

        public int Height { get; init; }

        public ParameterJson[]? Parameters { get; init; }

        public string? Scope { get; init; }

        public int Variant { get; init; }
    }

    /// <summary>One parameter as written.</summary>
    internal sealed record ParameterJson
    {
        [JsonConverter(typeof(AnyTextConverter))]
        public required string Name { get; init; }

        [JsonConverter(typeof(AnyTextConverter))]
        public required string Value { get; init; }
    }

    public static byte[] Write(EntryHeader header) => JsonSerializer.SerializeToUtf8Bytes(From(header), Json.EntryHeaderJson);

    /// <summary>Null where the text is not a header.</summary>
    public static EntryHeader? TryRead(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, Json.EntryHeaderJson)?.ToHeader();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static EntryHeaderJson From(EntryHeader header) => new()
    {
        Id = header.Id,
        Key = header.Key.ToHex(),
        Request = new RequestJson
        {
            Dialect = header.Request.Dialect,
            Prompt = header.Request.Prompt,
            SeedKind = header.Request.Seed.Kind switch
            {
                Requests.SeedKind.Defaulted => "defaulted",
                Requests.SeedKind.Named => "named",
                Requests.SeedKind.Random => "random",
                _ => null,
            },
            Seed = header.Request.Seed.Value,
            Model = header.Request.Model.Length == 0 ? null : header.Request.Model,
            Width = header.Request.Width,
            Height = header.Request.Height,
            Parameters = header.Request.Parameters.Count == 0
                ? null
                : [.. header.Request.Parameters.Select(p => new ParameterJson { Name = p.Key, Value = p.Value })],
            Scope = header.Request.Scope.Length == 0 ? null : header.Request.Scope,
            Variant = header.Request.Variant,
        },
        Created = header.Created,
        Expires = header.Expires,
        Source = header.Source == EntrySource.Backfill ? "backfill" : null,
        Batch = header.Batch,
        Extraction = header.Extraction,
        ContentType = header.ContentType,
        ContentHash = header.ContentHash == default ? null : header.ContentHash.ToHex(),
        Length = header.Length,
        Width = header.Width,
        Height = header.Height,
        Headers = header.ResponseHeaders.Count == 0 ? null : [.. header.ResponseHeaders.Select(h => new[] { h.Key, h.Value })],
        OriginMs = header.OriginTime?.TotalMilliseconds,
        Location = header.Location,
    };

    private EntryHeader? ToHeader()
    {
        Hash256 contentHash = default;
        if (!Hash256.TryParseHex(Key, out Hash256 key) || Length < 0
            || (ContentHash is { } hex && !Hash256.TryParseHex(hex, out contentHash))
            || (Headers is not null && Headers.Any(pair => pair is not [not null, not null]))
            || (Request.Parameters is not null && Request.Parameters.Any(p => p is null)))
        {
            return null;
        }

        return new EntryHeader
        {
            Id = Id,
            Key = key,
            Request = new ImageRequest
            {
                Dialect = Request.Dialect,
                Prompt = Request.Prompt,
                Seed = new Seed(
                    Request.SeedKind switch
                    {
                        "defaulted" => Requests.SeedKind.Defaulted,
                        "named" => Requests.SeedKind.Named,
                        "random" => Requests.SeedKind.Random,
                        _ => Requests.SeedKind.None,
                    },
                    Request.Seed),
                Model = Request.Model ?? "",
                Width = Request.Width,
                Height = Request.Height,
                Parameters = Request.Parameters is null
                    ? []
                    : [.. Request.Parameters.Select(p => KeyValuePair.Create(p.Name, p.Value))],
                Scope = Request.Scope ?? "",
                Variant = Request.Variant,
            },
            Created = Created,
            Expires = Expires,
            Source = Source == "backfill" ? EntrySource.Backfill : EntrySource.Origin,
            Batch = Batch,
            Extraction = Extraction,
            ContentType = ContentType,
            ContentHash = contentHash,
            Length = Length,
            Width = Width,
            Height = Height,
            ResponseHeaders = Headers is null ? [] : [.. Headers.Select(pair => KeyValuePair.Create(pair[0], pair[1]))],
            OriginTime = OriginMs is { } ms && double.IsFinite(ms) && Math.Abs(ms) < 1e12 ? TimeSpan.FromMilliseconds(ms) : null,
            Location = Location,
        };
    }
}
