using System.Text;
using System.Text.Json;

namespace Afterimage.Text.Tokenizers;

/// <summary>
/// Reads a tokenizer from the files of a model folder: <c>tokenizer.json</c> where there is one, otherwise <c>vocab.txt</c> with the settings of
/// <c>tokenizer_config.json</c>. Truncation and padding of <c>tokenizer.json</c> are ignored: they belong to whoever wrote the file.
/// </summary>
public static class TokenizerFiles
{
    /// <summary>Ids are array indices; a larger one is a damaged file.</summary>
    private const int IdMax = 10_000_000;

    private static readonly string[] SpecialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    /// <exception cref="InvalidDataException">No tokenizer in the folder, a damaged file, or a kind of tokenizer that is not BERT's WordPiece.</exception>
    public static WordPieceTokenizer Load(string folder)
    {
        string json = Path.Combine(folder, "tokenizer.json");
        string text = Path.Combine(folder, "vocab.txt");
        return File.Exists(json) ? LoadJson(json)
            : File.Exists(text) ? LoadVocabulary(text, Path.Combine(folder, "tokenizer_config.json"))
            : throw new InvalidDataException($"no tokenizer.json and no vocab.txt in {folder}");
    }

    /// <summary>A vocabulary of one token per line, the id being the line's number; with BERT's special tokens found literally in the text.</summary>
    public static WordPieceTokenizer LoadVocabulary(string path, string? configPath = null)
    {
        var vocabulary = new Dictionary<string, int>(32_000, StringComparer.Ordinal);
        int id = 0;
        foreach (string line in File.ReadLines(path, Encoding.UTF8))
        {
            vocabulary[line] = id++;
        }

        return new WordPieceTokenizer(vocabulary, ReadConfig(configPath) with
        {
            AddedTokens = [.. SpecialTokens.Where(vocabulary.ContainsKey).Select(t => new AddedToken(t, vocabulary[t]))],
        });
    }

    /// <summary>Hugging Face's tokenizer.json of a BERT model; whatever we cannot honour is refused rather than ignored.</summary>
    public static WordPieceTokenizer LoadJson(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return ReadJson(document.RootElement);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            throw new InvalidDataException($"{path} is not a tokenizer.json that can be read: {fault.Message}", fault);
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidDataException($"{path}: {fault.Message}", fault);
        }
    }

    private static WordPieceTokenizer ReadJson(JsonElement root)
    {
        JsonElement model = root.GetProperty("model");
        Require(Text(model, "type", "WordPiece"), "WordPiece", "model");
        Require(Text(Part(root, "pre_tokenizer"), "type", "BertPreTokenizer"), "BertPreTokenizer", "pre_tokenizer");
        JsonElement normalizer = Part(root, "normalizer");
        Require(Text(normalizer, "type", "BertNormalizer"), "BertNormalizer", "normalizer");
        var vocabulary = new Dictionary<string, int>(32_000, StringComparer.Ordinal);
        foreach (JsonProperty token in model.GetProperty("vocab").EnumerateObject())
        {
            vocabulary[token.Name] = Id(token.Value);
        }

        var added = new List<AddedToken>();
        foreach (JsonElement token in Part(root, "added_tokens") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : default)
        {
            var entry = new AddedToken(String(token.GetProperty("content")), Id(token.GetProperty("id")), Flag(token, "normalized", false));
            if (Flag(token, "single_word", false))
            {
                throw new InvalidDataException($"its added token {entry.Content} counts only as a word of its own, which is not understood");
            }

            added.Add(entry);
            vocabulary[entry.Content] = entry.Id;
        }

        bool lowercase = Flag(normalizer, "lowercase", true);
        (string start, string end) = ReadFrame(Part(root, "post_processor"));
        return new WordPieceTokenizer(vocabulary, new WordPieceOptions
        {
            CleanText = Flag(normalizer, "clean_text", true),
            SplitIdeographs = Flag(normalizer, "handle_chinese_chars", true),
            Lowercase = lowercase,
            StripAccents = Flag(normalizer, "strip_accents", lowercase),
            WordCodePointsMax = model.TryGetProperty("max_input_chars_per_word", out JsonElement max) ? max.GetInt32() : 100,
            ContinuationPrefix = Text(model, "continuing_subword_prefix", "##"),
            UnknownToken = Text(model, "unk_token", "[UNK]"),
            StartToken = start,
            EndToken = end,
            AddedTokens = added,
        });
    }

    /// <summary>The tokens around a single text: of a BertProcessing, or of a TemplateProcessing of the form "start A end".</summary>
    private static (string Start, string End) ReadFrame(JsonElement processor)
    {
        switch (Text(processor, "type", ""))
        {
            case "":
                return ("[CLS]", "[SEP]");
            case "BertProcessing":
                return (String(processor.GetProperty("cls")[0]), String(processor.GetProperty("sep")[0]));
            case "TemplateProcessing":
                JsonElement single = processor.GetProperty("single");
                if (single.GetArrayLength() == 3 && single[1].TryGetProperty("Sequence", out _))
                {
                    return (SpecialToken(single[0]), SpecialToken(single[2]));
                }

                break;
        }

        throw new InvalidDataException("post_processor is not of the form \"[CLS] text [SEP]\"");
    }

    private static string SpecialToken(JsonElement element) => String(element.GetProperty("SpecialToken").GetProperty("id"));

    private static string String(JsonElement element) => element.GetString() ?? throw new InvalidDataException("it has null where there must be text");

    private static int Id(JsonElement element) => element.GetInt32() is >= 0 and < IdMax and var id ? id
        : throw new InvalidDataException($"it has the token id {element.GetRawText()}");

    private static WordPieceOptions ReadConfig(string? path)
    {
        if (path is null || !File.Exists(path))
        {
            return new WordPieceOptions();
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement config = document.RootElement;
            bool lowercase = Flag(config, "do_lower_case", true);
            return new WordPieceOptions
            {
                Lowercase = lowercase,
                StripAccents = Flag(config, "strip_accents", lowercase),
                SplitIdeographs = Flag(config, "tokenize_chinese_chars", true),
            };
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path} cannot be read: {fault.Message}", fault);
        }
    }

    private static void Require(string found, string wanted, string part)
    {
        if (found != wanted)
        {
            throw new InvalidDataException($"its {part} is {found}; only {wanted} is understood");
        }
    }

    private static JsonElement Part(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement part) ? part : default;

    private static string Text(JsonElement parent, string name, string missing) =>
        Part(parent, name) is { ValueKind: JsonValueKind.String } part ? part.GetString()! : missing;

    private static bool Flag(JsonElement parent, string name, bool missing) => Part(parent, name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => missing,
    };
}
