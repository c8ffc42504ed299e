using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Afterimage.Requests;

/// <summary>Whether and how a request fixed its seed. Seed rules look at this; the exact key looks at <see cref="Seed.Value"/>.</summary>
public enum SeedKind
{
    /// <summary>The dialect knows no seed, or leaves the choice to the origin without saying which.</summary>
    None,

    /// <summary>The request names none; the dialect's default stands in the exact key because the origin would use it.</summary>
    Defaulted,

    /// <summary>The request names it: <c>seed=7</c>, <c>seed=0</c>.</summary>
    Named,

    /// <summary>The request asks for a random picture: neither tier answers.</summary>
    Random,
}

/// <summary>A request's seed.</summary>
public readonly record struct Seed(SeedKind Kind, long? Value)
{
    public static readonly Seed None = new(SeedKind.None, null);
    public static readonly Seed Random = new(SeedKind.Random, null);

    public static Seed Named(long value) => new(SeedKind.Named, value);

    public static Seed Defaulted(long value) => new(SeedKind.Defaulted, value);
}

/// <summary>
/// The canonical form of what was asked: two HTTP requests that must get the same picture have equal image requests. Defaults are resolved, order
/// and spelling are gone, delivery (bytes, base64, headers) is not part of it. Immutable.
/// </summary>
public sealed class ImageRequest
{
    private Hash256? _exactKey;

    public ImageRequest()
    {
    }

    [SetsRequiredMembers]
    private ImageRequest(ImageRequest other)
    {
        (Dialect, Prompt, Seed, Model, Width, Height) = (other.Dialect, other.Prompt, other.Seed, other.Model, other.Width, other.Height);
        (Parameters, Scope, Variant) = (other.Parameters, other.Scope, other.Variant);
    }

    /// <summary>The dialect's name, for example <c>pollinations</c>.</summary>
    public required string Dialect { get; init; }

    /// <summary>The prompt as the client meant it (decoded, not normalised).</summary>
    public required string Prompt { get; init; }

    public required Seed Seed { get; init; }

    /// <summary>The resolved model name; empty where the dialect has none.</summary>
    public string Model { get; init; } = "";

    /// <summary>Pixels asked; 0 where the dialect leaves the size to the origin.</summary>
    public int Width { get; init; }

    public int Height { get; init; }

    /// <summary>
    /// Every other parameter that may change the picture, with defaults resolved, sorted by name (ordinal), names unique. Unknown parameters are in
    /// here too. Never in here: credentials, delivery, cache controls.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters { get; init; } = [];

    /// <summary>Who may share the picture: empty for everyone, otherwise the hash of the tenant or of the private requester.</summary>
    public string Scope { get; init; } = "";

    /// <summary>
    /// 0 for the request itself; from 1 on the places for further pictures of one request that names no seed. In the exact key the place stands instead
    /// of the seed, and <see cref="Seed"/> says which one the picture was made with.
    /// </summary>
    public int Variant { get; init; }

    /// <summary>The same request of another tenant.</summary>
    public ImageRequest InScope(string scope) => new(this) { Scope = scope };

    /// <summary>A further picture of the same request.</summary>
    /// <param name="variant">Its place, from 1 on.</param>
    /// <param name="seed">What it is made with.</param>
    public ImageRequest AsVariant(int variant, Seed seed) => new(this) { Variant = variant, Seed = seed };

    /// <summary>SHA-256 of the canonical form: an equal key means an identical request.</summary>
    public Hash256 ExactKey => _exactKey ??= Hash256.Of(CanonicalForm(prompt: true, bucket: null));

    /// <summary>SHA-256 of the canonical form without prompt and seed, size as its resolution bucket: only images of one partition may stand in for each other.</summary>
    public Hash256 PartitionKey(ResolutionBuckets buckets) => Hash256.Of(CanonicalForm(prompt: false, buckets.NameOf(Width, Height)));

    /// <summary>
    /// A JSON array, so that no value can spill into its neighbour whatever it contains:
    /// <c>["afterimage-1", dialect, scope, model, size, [[name, value]...], prompt?, seed? | ["variant", n]]</c>.
    /// </summary>
    private ReadOnlySpan<byte> CanonicalForm(bool prompt, string? bucket)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            json.WriteStringValue("afterimage-1");
            json.WriteStringValue(Dialect);
            json.WriteStringValue(Scope);
            json.WriteStringValue(Sound(Model));
            json.WriteStringValue(bucket ?? $"{Width}x{Height}");
            json.WriteStartArray();
            foreach ((string name, string value) in Parameters)
            {
                json.WriteStartArray();
                json.WriteStringValue(Sound(name));
                json.WriteStringValue(Sound(value));
                json.WriteEndArray();
            }

            json.WriteEndArray();
            if (prompt)
            {
                json.WriteStringValue(Sound(Prompt));
                if (Variant > 0)
                {
                    json.WriteStartArray();
                    json.WriteStringValue("variant");
                    json.WriteNumberValue(Variant);
                    json.WriteEndArray();
                }
                else if (Seed.Value is { } seed)
                {
                    json.WriteNumberValue(seed);
                }
                else
                {
                    json.WriteNullValue();
                }
            }

            json.WriteEndArray();
        }

        return buffer.WrittenSpan;
    }

    // A lone surrogate has no UTF-8 form and the writer would refuse it; it must not collide with U+FFFD either, so it is spelled out.
    private static string Sound(string text)
    {
        bool sound = true;
        for (int i = 0; i < text.Length && sound; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else
            {
                sound = !char.IsSurrogate(text[i]);
            }
        }

        if (sound)
        {
            return text;
        }

        var spelled = new StringBuilder("\0utf16:");
        foreach (char c in text)
        {
            spelled.Append(((int)c).ToString("x4"));
        }

        return spelled.ToString();
    }
}
