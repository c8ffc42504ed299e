using System.Text.Json;

namespace Afterimage.Text.Bert;

/// <summary>
/// A folder in the form Hugging Face serves: <c>config.json</c>, <c>model.safetensors</c>, <c>tokenizer.json</c> or <c>vocab.txt</c>, and where present
/// <c>1_Pooling/config.json</c> and <c>sentence_bert_config.json</c>.
/// </summary>
public sealed record BertModelFolder
{
    public const string WeightsName = "model.safetensors";

    private const long SmallWeightsMax = 1_000_000;

    public required string Path { get; init; }

    /// <summary>The checkpoint.</summary>
    public string WeightsPath => System.IO.Path.Combine(Path, WeightsName);

    /// <summary>Where <see cref="Int8File"/> keeps what it makes of the model: beside it, unless the folder is not ours to write to.</summary>
    public required string PackedPath { get; init; }

    public required BertConfig Config { get; init; }

    /// <summary>What the model's authors say; the start token where they say nothing.</summary>
    public required Pooling Pooling { get; init; }

    /// <summary>Tokens that are read of a text, start and end token included: the smaller of the authors' bound and the positions there are.</summary>
    public required int TokensMax { get; init; }

    /// <summary>
    /// 8 bits, except for models so small that they gain nothing from it: below a million weights everything fits the cache in floats.
    /// </summary>
    public Precision DefaultPrecision => (long)Config.Layers * Config.Hidden * (4L * Config.Hidden + 2L * Config.Intermediate) < SmallWeightsMax
        ? Precision.Fp32 : Precision.Int8;

    /// <param name="path">The folder.</param>
    /// <param name="packedPath">Folder for what is made of the model; null for the same.</param>
    /// <exception cref="InvalidDataException">A file is missing or damaged, or the model is of another kind.</exception>
    public static BertModelFolder Open(string path, string? packedPath = null)
    {
        string config = System.IO.Path.Combine(path, "config.json");
        foreach (string needed in (string[])[config, System.IO.Path.Combine(path, WeightsName)])
        {
            if (!File.Exists(needed))
            {
                throw new InvalidDataException($"{needed} is missing: {path} is not the folder of a model");
            }
        }

        BertConfig sizes = BertConfig.Read(config);
        return new BertModelFolder
        {
            Path = path,
            PackedPath = packedPath ?? path,
            Config = sizes,
            Pooling = ReadPooling(System.IO.Path.Combine(path, "1_Pooling", "config.json")),
            TokensMax = Math.Min(sizes.Positions, ReadTokensMax(System.IO.Path.Combine(path, "sentence_bert_config.json"))),
        };
    }

    private static Pooling ReadPooling(string path) => Read(path, json =>
    {
        bool On(string mode) => json.TryGetProperty(mode, out JsonElement value) && value.ValueKind == JsonValueKind.True;
        return (On("pooling_mode_cls_token"), On("pooling_mode_mean_tokens")) switch
        {
            (true, false) => Pooling.Cls,
            (false, true) => Pooling.Mean,
            _ => throw new InvalidDataException("it asks for a pooling that is neither the start token's vector nor the mean alone"),
        };
    }, Pooling.Cls);

    private static int ReadTokensMax(string path) => Read(
        path,
        json => json.TryGetProperty("max_seq_length", out JsonElement value) && value.TryGetInt32(out int tokens) && tokens >= 2 ? tokens : int.MaxValue,
        int.MaxValue);

    private static T Read<T>(string path, Func<JsonElement, T> read, T missing)
    {
        if (!File.Exists(path))
        {
            return missing;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return read(document.RootElement);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or InvalidDataException)
        {
            throw new InvalidDataException($"{path}: {fault.Message}", fault);
        }
    }
}
