using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Afterimage.Bench.Encoder;

/// <summary>
/// A BERT model of real size with random weights, the same at every run: speed does not depend on what a model has learnt.
/// </summary>
internal sealed record RandomModel(string Name, int Hidden, int Layers, int Heads, int Intermediate, int Vocabulary = 30522, int Positions = 512)
{
    public Initialization Initialization { get; init; } = Initialization.Outliers;

    /// <summary>Every number rounded to bfloat16, as many checkpoints are stored: how much the model makes of a difference in the third digit.</summary>
    public bool Rounded { get; init; }

    public static RandomModel Base { get; } = new("base", 768, 12, 12, 3072);

    public static RandomModel Small { get; } = new("small", 384, 12, 12, 1536);

    public string Folder => Path.Combine(Path.GetTempPath(), "afterimage-encoder-bench-3", $"{Name}-{Initialization.Name}{(Rounded ? "-rounded" : "")}");

    /// <summary>Names and shapes in the order of Hugging Face's files.</summary>
    public IEnumerable<(string Name, int[] Shape)> Tensors()
    {
        yield return ("embeddings.word_embeddings.weight", [Vocabulary, Hidden]);
        yield return ("embeddings.position_embeddings.weight", [Positions, Hidden]);
        yield return ("embeddings.token_type_embeddings.weight", [2, Hidden]);
        foreach ((string, int[]) norm in Norm("embeddings"))
        {
            yield return norm;
        }

        for (int i = 0; i < Layers; i++)
        {
            string layer = $"encoder.layer.{i}";
            (string, int, int)[] linear =
            [
                ("attention.self.query", Hidden, Hidden), ("attention.self.key", Hidden, Hidden), ("attention.self.value", Hidden, Hidden),
                ("attention.output.dense", Hidden, Hidden), ("intermediate.dense", Intermediate, Hidden), ("output.dense", Hidden, Intermediate),
            ];
            foreach ((string name, int outputs, int inputs) in linear)
            {
                yield return ($"{layer}.{name}.weight", [outputs, inputs]);
                yield return ($"{layer}.{name}.bias", [outputs]);
            }

            foreach ((string, int[]) norm in Norm($"{layer}.attention.output").Concat(Norm($"{layer}.output")))
            {
                yield return norm;
            }
        }
    }

    /// <summary>The numbers of a tensor, drawn from its name.</summary>
    public float[] Values(string name, int[] shape)
    {
        int count = shape.Aggregate(1, (product, size) => product * size);
        float[] values = new float[count];
        bool gain = name.EndsWith("LayerNorm.weight", StringComparison.Ordinal);
        float spread = Initialization.Spread(name, shape[^1]);
        ulong state = 14695981039346656037;
        foreach (char c in name)
        {
            state = (state ^ c) * 1099511628211;
        }

        // Two normal numbers from two uniform ones (Box and Muller), tails included: an 8-bit scale follows the largest.
        for (int i = 0; i < count; i += 2)
        {
            float radius = spread * MathF.Sqrt(-2 * MathF.Log((Next(ref state) + 1) / 16777217f)), angle = MathF.Tau * (Next(ref state) / 16777216f);
            (float sin, float cos) = MathF.SinCos(angle);
            values[i] = radius * cos + (gain ? 1 : 0);
            if (i + 1 < count)
            {
                values[i + 1] = radius * sin + (gain ? 1 : 0);
            }
        }

        for (int outlier = 0; gain && outlier < 4; outlier++)
        {
            values[(outlier * 97 + 13) % count] *= Initialization.OutlierGain;
        }

        for (int i = 0; Rounded && i < count; i++)
        {
            values[i] = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(values[i]) + 0x8000 & 0xFFFF0000);
        }

        return values;
    }

    private static uint Next(ref ulong state)
    {
        state = state * 6364136223846793005 + 1442695040888963407;
        return (uint)(state >> 40);
    }

    /// <summary>Writes the folder unless it is there.</summary>
    public void Write()
    {
        if (File.Exists(Path.Combine(Folder, "config.json")))
        {
            return;
        }

        Directory.CreateDirectory(Folder);
        WriteWeights(Path.Combine(Folder, "model.safetensors"));
        File.WriteAllText(Path.Combine(Folder, "config.json"), JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["model_type"] = "bert",
            ["hidden_act"] = "gelu",
            ["hidden_size"] = Hidden,
            ["num_hidden_layers"] = Layers,
            ["num_attention_heads"] = Heads,
            ["intermediate_size"] = Intermediate,
            ["vocab_size"] = Vocabulary,
            ["max_position_embeddings"] = Positions,
            ["type_vocab_size"] = 2,
            ["layer_norm_eps"] = 1e-12,
        }));
    }

    private void WriteWeights(string path)
    {
        long offset = 0;
        var header = new Dictionary<string, object>();
        foreach ((string name, int[] shape) in Tensors())
        {
            long bytes = shape.Aggregate(4L, (product, size) => product * size);
            header[name] = new { dtype = "F32", shape, data_offsets = new[] { offset, offset + bytes } };
            offset += bytes;
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        using FileStream file = File.Create(path);
        file.Write(length);
        file.Write(json);
        foreach ((string name, int[] shape) in Tensors())
        {
            file.Write(MemoryMarshal.AsBytes(Values(name, shape).AsSpan()));
        }
    }

    private IEnumerable<(string, int[])> Norm(string name) => [($"{name}.LayerNorm.weight", [Hidden]), ($"{name}.LayerNorm.bias", [Hidden])];
}
