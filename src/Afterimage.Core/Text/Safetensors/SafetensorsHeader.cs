using System.Text.Json;

namespace Afterimage.Text.Safetensors;

/// <summary>
/// Reads and checks the header of a safetensors file: a JSON object of names to element type, shape and byte range. Every rule of the format is
/// enforced (contracts.md 5.3), so that a header that passes describes the whole file, without holes, overlaps or duplicates.
/// </summary>
internal static class SafetensorsHeader
{
    /// <summary>The largest header that is read, bytes; the reference implementation's bound.</summary>
    public const long BytesMax = 100_000_000;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 8 };

    /// <param name="json">The header's bytes.</param>
    /// <param name="fileLength">Bytes of the whole file; the data begins at 8 + <paramref name="json"/>'s length.</param>
    /// <exception cref="InvalidDataException">Any violation, with the tensor's name.</exception>
    public static Dictionary<string, SafetensorsTensor> Read(ReadOnlySpan<byte> json, long fileLength)
    {
        if (json.IsEmpty || json[0] != '{')
        {
            throw new InvalidDataException("the header does not start with {");
        }

        var tensors = new Dictionary<string, SafetensorsTensor>(StringComparer.Ordinal);
        try
        {
            var reader = new Utf8JsonReader(json, Strict);
            reader.Read();
            bool metadata = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                if (name == "__metadata__")
                {
                    Check(!metadata, "__metadata__ occurs twice");
                    metadata = true;
                    SkipMetadata(ref reader);
                    continue;
                }

                SafetensorsTensor tensor = ReadTensor(ref reader, name, 8 + (long)json.Length);
                Check(tensors.TryAdd(name, tensor), $"tensor {name} occurs twice");
            }

            while (reader.Read())
            {
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"the header is not valid JSON: {fault.Message}", fault);
        }

        CheckCoverage(tensors.Values, 8 + (long)json.Length, fileLength);
        return tensors;
    }

    private static void SkipMetadata(ref Utf8JsonReader reader)
    {
        Check(reader.TokenType == JsonTokenType.StartObject, "__metadata__ is not an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            reader.Read();
            Check(reader.TokenType == JsonTokenType.String, "__metadata__ holds something else than text");
        }
    }

    private static SafetensorsTensor ReadTensor(ref Utf8JsonReader reader, string name, long dataStart)
    {
        Check(reader.TokenType == JsonTokenType.StartObject, $"tensor {name} is not an object");
        string? type = null;
        List<long>? shape = null, range = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype" when type is null && reader.TokenType == JsonTokenType.String:
                    type = reader.GetString();
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, name);
                    break;
                case "data_offsets" when range is null:
                    range = ReadNumbers(ref reader, name);
                    break;
                default:
                    throw new InvalidDataException($"tensor {name} has an unexpected {key}");
            }
        }

        Check(type is not null && shape is not null && range is { Count: 2 }, $"tensor {name} lacks dtype, shape or data_offsets");
        (int bits, SafetensorsType known) = TypeOf(type!, name);
        long length = ByteLength(shape!, bits, name);
        Check(range![0] <= range[1] && range[1] <= long.MaxValue - dataStart, $"the byte range of tensor {name} is not possible");
        Check(range[1] - range[0] == length, $"tensor {name} has {range[1] - range[0]} bytes where its shape needs {length}");
        return new SafetensorsTensor(name, known, shape!, dataStart + range[0], length);
    }

    private static List<long> ReadNumbers(ref Utf8JsonReader reader, string name)
    {
        Check(reader.TokenType == JsonTokenType.StartArray, $"tensor {name} has something else than a list of numbers");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            long number = 0;
            Check(reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out number) && number >= 0,
                $"tensor {name} has a number that is negative, broken or too large");
            numbers.Add(number);
        }

        return numbers;
    }

    private static long ByteLength(List<long> shape, int bits, string name)
    {
        try
        {
            long product = shape.Aggregate(1L, (total, size) => checked(total * size));
            long length = checked(product * bits);
            Check(length % 8 == 0, $"tensor {name} does not end at a byte");
            return length / 8;
        }
        catch (OverflowException fault)
        {
            throw new InvalidDataException($"the shape of tensor {name} is too large", fault);
        }
    }

    private static (int Bits, SafetensorsType Known) TypeOf(string type, string name) => type switch
    {
        "F32" => (32, SafetensorsType.F32),
        "F16" => (16, SafetensorsType.F16),
        "BF16" => (16, SafetensorsType.BF16),
        "BOOL" or "U8" or "I8" or "F8_E4M3" or "F8_E5M2" or "F8_E8M0" or "F8_E4M3FNUZ" or "F8_E5M2FNUZ" => (8, SafetensorsType.Other),
        "U16" or "I16" => (16, SafetensorsType.Other),
        "U32" or "I32" => (32, SafetensorsType.Other),
        "U64" or "I64" or "F64" or "C64" => (64, SafetensorsType.Other),
        "F4" => (4, SafetensorsType.Other),
        "F6_E2M3" or "F6_E3M2" => (6, SafetensorsType.Other),
        _ => throw new InvalidDataException($"tensor {name} has the unknown type {type}"),
    };

    private static void CheckCoverage(IEnumerable<SafetensorsTensor> tensors, long dataStart, long fileLength)
    {
        long end = dataStart;
        foreach (SafetensorsTensor tensor in tensors.OrderBy(t => t.Offset).ThenBy(t => t.Length))
        {
            Check(tensor.Offset == end, $"tensor {tensor.Name} {(tensor.Offset < end ? "overlaps another" : "has a hole before it")}");
            end += tensor.Length;
        }

        Check(end == fileLength, $"the tensors end at byte {end}, the file at {fileLength}");
    }

    private static void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidDataException(otherwise);
        }
    }
}
