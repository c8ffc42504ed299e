using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Afterimage.Bench.Encoder;

/// <summary>
/// A BERT model of real size with random weights, the same at every run: speed does not depend on what a model has learnt. Four hidden dimensions have a
/// layer-norm gain far above the others, as trained models do, so that the 8-bit path meets the outliers it must bear.
/// </summary>
internal sealed record RandomModel(string Name, int Hidden, int Layers, int Heads, int Intermediate, int Vocabulary = 30522, int Positions = 512)
{
    /// <summary>Standard deviation of weights times the root of their inputs: Hugging Face initialises 768 inputs with 0.02.</summary>
    private const float Spread = 0.55f;

    public static RandomModel Base { get; } = new("base", 768, 12, 12, 3072);

    public static RandomModel Small { get; } = new("small", 384, 12, 12, 1536);

    public string Folder => Path.Combine(Path.GetTempPath(), "afterimage-encoder-bench-2", Name);

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
    public static float[] Values(string name, int[] shape)
    {
        int count = shape.Aggregate(1, (product, size) => product * size);
        ulong state = 14695981039346656037;
        foreach (char c in name)
        {
            state = (state ^ c) * 1099511628211;
        }

        bool gain = name.EndsWith("LayerNorm.weight", StringComparison.Ordinal);
        float scale = name.EndsWith("bias", StringComparison.Ordinal) ? 0.05f : gain ? 0.1f : shape[0] > 20_000 ? 0.05f : Spread / MathF.Sqrt(shape[^1]);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            float sum = 0;
            for (int k = 0; k < 4; k++)
            {
                state = state * 6364136223846793005 + 1442695040888963407;
                sum += (uint)(state >> 40) / 16777216f - 0.5f;
            }

            // The sum of four uniform numbers has a variance of 1/3.
            values[i] = sum * 1.7320508f * scale + (gain ? 1 : 0);
        }

        for (int outlier = 0; gain && outlier < 4; outlier++)
        {
            values[(outlier * 97 + 13) % count] *= 8;
        }

        return values;
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
