using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using Afterimage.Vectors;

namespace Afterimage.Cloud.Cloudflare;

/// <summary>
/// Vectors in Vectorize's JSON. The id is the entry's exact key and <c>p</c> the partition, each as 43 characters of base64url: string filters compare
/// only the first 64 bytes, and a hash of fixed length cannot be cut. <c>s</c> is the seed as text, because numbers are float64 there.
/// </summary>
internal static class VectorizeWire
{
    public const string Partition = "p";
    public const string Seed = "s";
    private const string Batch = "b";

    /// <summary>Writes one line of an upload, with its line end.</summary>
    public static void WriteLine(ArrayBufferWriter<byte> output, VectorRecord record)
    {
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("id", record.Entry.ToBase64Url());
            WriteVector(json, "values", record.Vector.Span);
            json.WriteStartObject("metadata");
            json.WriteString(Partition, record.Partition.ToBase64Url());
            if (record.Seed is { } seed)
            {
                json.WriteString(Seed, SeedText(seed));
            }

            if (record.Batch != Guid.Empty)
            {
                json.WriteString(Batch, record.Batch.ToString("N"));
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <summary>The body of a query within one partition and, where given, one seed.</summary>
    public static ReadOnlyMemory<byte> Query(VectorQuery query, int topK, bool values)
    {
        var output = new ArrayBufferWriter<byte>(query.Vector.Length * 14);
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        WriteVector(json, "vector", query.Vector.Span);
        json.WriteNumber("topK", topK);
        // Scores are approximate unless the values come along; the threshold needs exact ones.
        json.WriteBoolean("returnValues", values);
        json.WriteString("returnMetadata", values ? "all" : "none");
        json.WriteStartObject("filter");
        json.WriteString(Partition, query.Partition.ToBase64Url());
        if (query.Seed is { } seed)
        {
            json.WriteString(Seed, SeedText(seed));
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return output.WrittenMemory;
    }

    /// <summary>Reads a vector that came with values and metadata; null where it is not one of ours.</summary>
    public static VectorRecord? Read(JsonElement vector, int dimensions)
    {
        if (!TryId(vector, out Hash256 entry)
            || !vector.TryGetProperty("metadata", out JsonElement metadata) || metadata.ValueKind != JsonValueKind.Object
            || !metadata.TryGetProperty(Partition, out JsonElement p) || !TryHash(Text(p), out Hash256 partition)
            || !vector.TryGetProperty("values", out JsonElement values) || values.ValueKind != JsonValueKind.Array || values.GetArrayLength() != dimensions)
        {
            return null;
        }

        long? seed = metadata.TryGetProperty(Seed, out JsonElement s) && long.TryParse(
            Text(s), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;
        Guid batch = metadata.TryGetProperty(Batch, out JsonElement b) && Guid.TryParseExact(Text(b), "N", out Guid parsed) ? parsed : Guid.Empty;
        float[] components = new float[dimensions];
        int i = 0;
        foreach (JsonElement value in values.EnumerateArray())
        {
            if (value.ValueKind != JsonValueKind.Number || !value.TryGetSingle(out components[i++]))
            {
                return null;
            }
        }

        return new VectorRecord(entry, partition, seed, components, batch);
    }

    /// <summary>The entry that a vector of an answer stands for; false where it is not one of ours.</summary>
    public static bool TryId(JsonElement vector, out Hash256 entry)
    {
        entry = default;
        return vector.ValueKind == JsonValueKind.Object
            && vector.TryGetProperty("id", out JsonElement id) && id.ValueKind == JsonValueKind.String && TryHash(id.GetString(), out entry);
    }

    /// <summary>Reads an id of ours back.</summary>
    public static bool TryHash(string? text, out Hash256 hash)
    {
        hash = default;
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        if (text is not { Length: 43 } || Base64Url.DecodeFromChars(text, bytes, out _, out int written) != OperationStatus.Done || written != Hash256.Size)
        {
            return false;
        }

        hash = Hash256.FromBytes(bytes);
        return true;
    }

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string SeedText(long seed) => seed.ToString(CultureInfo.InvariantCulture);

    private static void WriteVector(Utf8JsonWriter json, string name, ReadOnlySpan<float> vector)
    {
        json.WriteStartArray(name);
        foreach (float component in vector)
        {
            json.WriteNumberValue(component);
        }

        json.WriteEndArray();
    }
}
