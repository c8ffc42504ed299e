using System.Buffers.Binary;
using System.Text.Json;

namespace Afterimage.Tests.Text.Bert;

/// <summary>Writes small random BERT models in every form that checkpoints come in.</summary>
internal sealed record RandomBert(int Hidden, int Heads, int Intermediate, int Layers = 2, int Vocabulary = 60, int Positions = 40)
{
    public string Prefix { get; init; } = "";

    /// <summary>Layer norms called gamma and beta.</summary>
    public bool OldNames { get; init; }

    /// <summary>F32, F16 or BF16.</summary>
    public string Type { get; init; } = "F32";

    /// <summary>With a pooler and position ids, which nobody reads.</summary>
    public bool Extras { get; init; }

    /// <summary>Gain of one hidden dimension in every layer norm.</summary>
    public float Outlier { get; init; } = 1;

    /// <summary>Factor on the weights of the linear layers; large ones make much of a small difference.</summary>
    public float Spread { get; init; } = 1;

    public void Write(string folder, int seed = 1)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["model_type"] = "bert",
            ["hidden_act"] = "gelu",
            ["hidden_size"] = Hidden,
            ["num_hidden_layers"] = Layers,
            ["num_attention_heads"] = Heads,
            ["intermediate_size"] = Intermediate,
            ["vocab_size"] = Vocabulary,
            ["max_position_embeddings"] = Positions,
        }));
        var header = new Dictionary<string, object> { ["__metadata__"] = new { format = "pt" } };
        var data = new MemoryStream();
        var random = new Random(seed);
        foreach ((string name, int[] shape) in Tensors())
        {
            long start = data.Length;
            int count = shape.Aggregate(1, (product, size) => product * size);
            bool integers = name == "embeddings.position_ids";
            for (int i = 0; i < count; i++)
            {
                bool gain = name.Contains("LayerNorm", StringComparison.Ordinal) && (name.EndsWith("weight", StringComparison.Ordinal) || name.EndsWith("gamma", StringComparison.Ordinal));
                double value = (random.NextDouble() * 2 - 1) * (gain ? 0.2 : shape.Length == 1 ? 0.1 : 1.2 * Spread / Math.Sqrt(shape[^1]));
                value = gain ? (value + 1) * (i == 3 ? Outlier : 1) : value;
                data.Write(integers ? BitConverter.GetBytes((long)i) : Bytes((float)value));
            }

            header[Prefix + name] = new { dtype = integers ? "I64" : Type, shape, data_offsets = new[] { start, data.Length } };
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), [.. length, .. json, .. data.ToArray()]);
    }

    /// <summary>A vocabulary of as many tokens, letters among them.</summary>
    public void WriteVocabulary(string folder) => File.WriteAllLines(Path.Combine(folder, "vocab.txt"),
        ((string[])["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
            .Concat(Enumerable.Range(0, 26).SelectMany(i => (string[])[$"{(char)('a' + i)}", $"##{(char)('a' + i)}"])).Append(".").Take(Vocabulary));

    private byte[] Bytes(float value) => Type switch
    {
        "F16" => BitConverter.GetBytes((Half)value),
        "BF16" => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)),
        _ => BitConverter.GetBytes(value),
    };

    private IEnumerable<(string Name, int[] Shape)> Tensors()
    {
        (string weight, string bias) = OldNames ? ("gamma", "beta") : ("weight", "bias");
        IEnumerable<(string, int[])> Norm(string name) => [($"{name}.LayerNorm.{weight}", [Hidden]), ($"{name}.LayerNorm.{bias}", [Hidden])];
        IEnumerable<(string, int[])> Linear(string name, int outputs, int inputs) => [($"{name}.weight", [outputs, inputs]), ($"{name}.bias", [outputs])];
        var tensors = new List<(string, int[])>
        {
            ("embeddings.word_embeddings.weight", [Vocabulary, Hidden]),
            ("embeddings.position_embeddings.weight", [Positions, Hidden]),
            ("embeddings.token_type_embeddings.weight", [2, Hidden]),
        };
        tensors.AddRange(Norm("embeddings"));
        for (int i = 0; i < Layers; i++)
        {
            string layer = $"encoder.layer.{i}";
            foreach (string part in (string[])["query", "key", "value"])
            {
                tensors.AddRange(Linear($"{layer}.attention.self.{part}", Hidden, Hidden));
            }

            tensors.AddRange(Linear($"{layer}.attention.output.dense", Hidden, Hidden));
            tensors.AddRange(Norm($"{layer}.attention.output"));
            tensors.AddRange(Linear($"{layer}.intermediate.dense", Intermediate, Hidden));
            tensors.AddRange(Linear($"{layer}.output.dense", Hidden, Intermediate));
            tensors.AddRange(Norm($"{layer}.output"));
        }

        if (Extras)
        {
            tensors.AddRange(Linear("pooler.dense", Hidden, Hidden));
            tensors.Add(("embeddings.position_ids", [1, Positions]));
        }

        return tensors;
    }
}
