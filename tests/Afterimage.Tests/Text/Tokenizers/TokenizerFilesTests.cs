using System.Text.Json;
using System.Text.Json.Nodes;
using Afterimage.Text.Tokenizers;
using Xunit;

namespace Afterimage.Tests.Text.Tokenizers;

public sealed class TokenizerFilesTests : IDisposable
{
    private static readonly string FixtureFolder = Path.Combine(Repository.Root, "tests", "Afterimage.Tests", "Fixtures", "encoder");

    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Tokenizer_json_and_vocab_txt_give_the_same_ids()
    {
        Write(TokenizerJson());
        WordPieceTokenizer json = TokenizerFiles.Load(_folder), text = TokenizerFiles.Load(FixtureFolder);
        foreach (string prompt in (string[])["A photo of [MASK] café", "Castle in the FOREST", "supercalifragilistic", "[CLS]一只猫[SEP]"])
        {
            Assert.Equal(text.Encode(prompt), json.Encode(prompt));
        }
    }

    [Fact]
    public void Truncation_and_padding_of_tokenizer_json_are_ignored()
    {
        JsonObject json = TokenizerJson();
        json["truncation"] = new JsonObject { ["max_length"] = 4 };
        json["padding"] = new JsonObject { ["strategy"] = new JsonObject { ["Fixed"] = 128 } };
        Write(json);
        Assert.Equal(TokenizerFiles.Load(FixtureFolder).Encode("cat dog cat dog cat dog"), TokenizerFiles.Load(_folder).Encode("cat dog cat dog cat dog"));
    }

    [Fact]
    public void A_cased_model_keeps_its_capitals()
    {
        File.Copy(Path.Combine(FixtureFolder, "vocab.txt"), Path.Combine(_folder, "vocab.txt"));
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), """{"do_lower_case": false}""");
        WordPieceTokenizer tokenizer = TokenizerFiles.Load(_folder);
        Assert.NotEqual(tokenizer.Encode("cat"), tokenizer.Encode("CAT"));
        Assert.NotEqual(tokenizer.Encode("cafe"), tokenizer.Encode("café"));
    }

    [Fact]
    public void An_added_token_of_the_normalised_text_is_found_in_any_case()
    {
        JsonObject json = TokenizerJson();
        json["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = 777, ["content"] = "Art-Deco", ["normalized"] = true });
        Write(json);
        Assert.Equal(777, TokenizerFiles.Load(_folder).Encode("an ART-déco cat")[2]);
    }

    [Theory]
    [InlineData("model", "type", "Unigram")]
    [InlineData("normalizer", "type", "Precompiled")]
    [InlineData("pre_tokenizer", "type", "Metaspace")]
    [InlineData("post_processor", "type", "ByteLevel")]
    public void Another_kind_of_tokenizer_is_refused_by_name(string part, string key, string value)
    {
        JsonObject json = TokenizerJson();
        json[part]![key] = value;
        Write(json);
        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => TokenizerFiles.Load(_folder));
        Assert.Contains("tokenizer.json", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(part, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"model":{"vocab":{"a":"x"}}}""")]
    [InlineData("""{"model":{"vocab":{"a":1}}}""")]
    [InlineData("""{"model":{"vocab":{"a":-1}}}""")]
    [InlineData("""{"model":{"vocab":{"a":2147483647}}}""")]
    [InlineData("""{"model":{"vocab":{}},"added_tokens":[{"content":null,"id":1}]}""")]
    [InlineData("""{"model":{"vocab":{}},"added_tokens":[{"content":"a","id":1,"single_word":true}]}""")]
    [InlineData("""{"model":{"vocab":{}},"post_processor":{"type":"BertProcessing","cls":[],"sep":[]}}""")]
    public void A_damaged_file_is_refused(string content)
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), content);
        Assert.Throws<InvalidDataException>(() => TokenizerFiles.Load(_folder));
    }

    [Fact]
    public void A_folder_without_a_tokenizer_is_refused() => Assert.Throws<InvalidDataException>(() => TokenizerFiles.Load(_folder));

    private void Write(JsonObject json) => File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), json.ToJsonString());

    private static JsonObject TokenizerJson()
    {
        string[] vocabulary = File.ReadAllLines(Path.Combine(FixtureFolder, "vocab.txt"));
        JsonNode Special(string token) => new JsonObject { ["id"] = Array.IndexOf(vocabulary, token), ["content"] = token, ["special"] = true, ["normalized"] = false };
        JsonNode Frame(string token) => new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = 0 } };
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray([.. ((string[])["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]).Where(vocabulary.Contains).Select(Special)]),
            ["normalizer"] = new JsonObject { ["type"] = "BertNormalizer", ["clean_text"] = true, ["handle_chinese_chars"] = true, ["strip_accents"] = null, ["lowercase"] = true },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(Frame("[CLS]"), new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A" } }, Frame("[SEP]")),
            },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = "[UNK]",
                ["continuing_subword_prefix"] = "##",
                ["max_input_chars_per_word"] = 100,
                ["vocab"] = JsonSerializer.SerializeToNode(vocabulary.Select((token, id) => (token, id)).GroupBy(p => p.token)
                    .ToDictionary(p => p.Key, p => p.Last().id)),
            },
        };
    }
}
