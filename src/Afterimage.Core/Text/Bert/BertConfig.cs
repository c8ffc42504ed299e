using System.Text.Json;

namespace Afterimage.Text.Bert;

/// <summary>The sizes of a BERT model, from its <c>config.json</c>.</summary>
public sealed record BertConfig
{
    public required int Hidden { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    /// <summary>Width of the feed-forward layer.</summary>
    public required int Intermediate { get; init; }

    public required int Vocabulary { get; init; }

    /// <summary>Tokens of the longest text, start and end token included.</summary>
    public required int Positions { get; init; }

    public required float LayerNormEpsilon { get; init; }

    public int HeadSize => Hidden / Heads;

    /// <summary>Reads and checks a <c>config.json</c>.</summary>
    /// <exception cref="InvalidDataException">A value is missing or impossible, or the model is of a kind that this encoder does not compute.</exception>
    public static BertConfig Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Read(document.RootElement);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException or InvalidDataException)
        {
            throw new InvalidDataException($"{path}: {fault.Message}", fault);
        }
    }

    private static BertConfig Read(JsonElement json)
    {
        Require(json, "model_type", "bert");
        Require(json, "hidden_act", "gelu");
        Require(json, "position_embedding_type", "absolute");
        var config = new BertConfig
        {
            Hidden = Size(json, "hidden_size", 16_384),
            Layers = Size(json, "num_hidden_layers", 256),
            Heads = Size(json, "num_attention_heads", 1024),
            Intermediate = Size(json, "intermediate_size", 65_536),
            Vocabulary = Size(json, "vocab_size", 10_000_000),
            Positions = Size(json, "max_position_embeddings", 65_536),
            LayerNormEpsilon = json.TryGetProperty("layer_norm_eps", out JsonElement epsilon) ? epsilon.GetSingle() : 1e-12f,
        };
        if (config.LayerNormEpsilon is not (>= 0 and <= 1))
        {
            throw new InvalidDataException($"layer_norm_eps is {config.LayerNormEpsilon}, not between 0 and 1");
        }

        return config.Hidden % config.Heads == 0 ? config
            : throw new InvalidDataException($"hidden_size {config.Hidden} is not a multiple of num_attention_heads {config.Heads}");
    }

    private static int Size(JsonElement json, string name, int max) =>
        json.TryGetProperty(name, out JsonElement value) && value.TryGetInt32(out int size) && size >= 1 && size <= max
            ? size : throw new InvalidDataException($"{name} is missing or not between 1 and {max}");

    private static void Require(JsonElement json, string name, string supported)
    {
        if (json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.GetString() != supported)
        {
            throw new InvalidDataException($"{name} is {value.GetString()}; only {supported} is supported");
        }
    }
}
