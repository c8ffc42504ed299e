using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Afterimage.Entries;

/// <summary>
/// Keeps any .NET string through JSON. A prompt may hold a lone surrogate, which has no UTF-8 form; such text is written as
/// <c>{"utf16":"base64 of the little-endian code units"}</c> instead of losing what distinguishes its key.
/// </summary>
internal sealed class AnyTextConverter : JsonConverter<string>
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        if (reader.TokenType != JsonTokenType.StartObject || !reader.Read() || !reader.ValueTextEquals("utf16") || !reader.Read()
            || reader.TokenType != JsonTokenType.String || !reader.TryGetBytesFromBase64(out byte[]? units) || units.Length % sizeof(char) != 0
            || !reader.Read() || reader.TokenType != JsonTokenType.EndObject)
        {
            throw new JsonException("neither a string nor {\"utf16\": base64}");
        }

        return new string(MemoryMarshal.Cast<byte, char>(units));
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
    {
        if (IsWellFormed(value))
        {
            writer.WriteStringValue(value);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("utf16", Convert.ToBase64String(MemoryMarshal.AsBytes(value.AsSpan())));
        writer.WriteEndObject();
    }

    private static bool IsWellFormed(string value)
    {
        try
        {
            return Strict.GetByteCount(value) >= 0;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
