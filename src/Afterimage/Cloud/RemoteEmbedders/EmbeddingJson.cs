using System.Runtime.InteropServices;
using System.Text.Json;

namespace Afterimage.Cloud.RemoteEmbedders;

/// <summary>Vectors out of JSON.</summary>
internal static class EmbeddingJson
{
    /// <summary>An array of numbers, the same once more nested, or base64 of little-endian floats.</summary>
    /// <exception cref="EmbeddingFault">Something else.</exception>
    public static ReadOnlyMemory<float> Vector(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String && element.TryGetBytesFromBase64(out byte[]? bytes) && bytes.Length % sizeof(float) == 0)
        {
            return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            throw Invalid("an embedding is neither a list of numbers nor base64");
        }

        if (element.GetArrayLength() == 1 && element[0].ValueKind == JsonValueKind.Array)
        {
            return Vector(element[0]);
        }

        float[] vector = new float[element.GetArrayLength()];
        int i = 0;
        foreach (JsonElement number in element.EnumerateArray())
        {
            vector[i++] = number.ValueKind == JsonValueKind.Number && number.TryGetSingle(out float value) ? value
                : throw Invalid("an embedding holds something that is not a number");
        }

        return vector;
    }

    /// <summary>A member of an object, or nothing.</summary>
    public static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement member) ? member : default;

    public static EmbeddingFault Invalid(string message) => new(message, retry: false) { Invalid = true };
}
