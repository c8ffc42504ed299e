using System.Text.Json;
using Afterimage.Tests.Oracles;
using Afterimage.Text.Tokenizers;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Afterimage.Tests.Text.Tokenizers;

public sealed class WordPieceTokenizerTests
{
    private static readonly string FixtureFolder = Path.Combine(Repository.Root, "tests", "Afterimage.Tests", "Fixtures", "encoder");

    private static readonly WordPieceTokenizer Fixture = TokenizerFiles.Load(FixtureFolder);

    private static readonly PlainWordPiece Plain = new(Vocabulary(Path.Combine(FixtureFolder, "vocab.txt")));

    [Fact]
    public void Ids_of_the_fixture_are_those_of_the_reference() =>
        Assert.Empty(Differences(Fixture, Path.Combine(FixtureFolder, "tokenizer-golden.jsonl")));

    /// <summary>No difference is permitted; the final sigma, where Hugging Face's implementations differ, follows the JavaScript and Python ones.</summary>
    [Fact]
    public void Ids_of_the_uncased_vocabulary_are_those_of_the_reference()
    {
        WordPieceTokenizer tokenizer = TokenizerFiles.LoadVocabulary(Repository.SharedData("tokenizer/vocab.txt"));
        Assert.Empty(Differences(tokenizer, Repository.SharedData("tokenizer/golden.jsonl")));
    }

    [Fact]
    public void The_plain_tokenizer_agrees_with_the_reference()
    {
        var plain = new PlainWordPiece(Vocabulary(Repository.SharedData("tokenizer/vocab.txt")));
        foreach ((string text, int[] ids) in Golden(Repository.SharedData("tokenizer/golden.jsonl")))
        {
            Assert.Equal(ids, plain.Encode(text));
        }
    }

    [Fact]
    public void Any_string_gives_what_the_plain_tokenizer_gives() =>
        Prop.ForAll<string>(text => text is null || Same(text)).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_utf16_units_give_what_the_plain_tokenizer_gives() =>
        Prop.ForAll<char[]>(units => Same(new string(units))).QuickCheckThrowOnFailure();

    [Fact]
    public void Difficult_characters_in_any_order_give_what_the_plain_tokenizer_gives()
    {
        string[] parts =
        [
            "cat", "ing", " ", "Σ", "ς", ".", "'", "É", "e\u0301", "İ", "[SEP]", "[sep]", "[MASK", "]", "一", "𠀀", "\u302E", "\u302F", "\U0001D15E",
            "\u200B", "\u00AD", "\uFEFF", "\0", "\uFFFD", "\uE000", "\uD800", "\uDC00", "👩🏾", "\u0085", "\u000B", "\t", "각", "ﬁ", "\uFA6C", "\u1FEF", "\u2260",
            "ⓐ", "\u02B0", "\u0378", "\U00010400", "\U0001F600", "\u3000", "\u2028", "¿", "$", "\u0E41",
        ];
        Arbitrary<string> texts = Gen.Elements(parts).ArrayOf().Select(string.Concat).ToArbitrary();
        Prop.ForAll(texts, Same).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\uD800")]
    [InlineData("\uDC00\uD800")]
    [InlineData("a\uD800b")]
    public void Lone_surrogates_vanish(string text) =>
        Assert.Equal(Fixture.Encode(text.Replace("\uD800", "", StringComparison.Ordinal).Replace("\uDC00", "", StringComparison.Ordinal)), Fixture.Encode(text));

    [Fact]
    public void A_megabyte_is_cut_at_the_limit()
    {
        string text = string.Concat(Enumerable.Repeat("cat, dog ", 120_000));
        int[] ids = Fixture.Encode(text, 512);
        Assert.Equal(512, ids.Length);
        Assert.Equal(Fixture.Encode("cat, dog ")[1..^1], ids[1..4]);
        Assert.Equal(Fixture.Encode("")[1], ids[^1]);
    }

    [Theory]
    [InlineData('x')]
    [InlineData('é')]
    [InlineData('각')]
    [InlineData('\u0301')]
    [InlineData('Σ')]
    [InlineData('一')]
    public void A_megabyte_without_a_blank_is_one_text_like_any_other(char c) => Assert.True(Same(new string(c, 1 << 20)));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Cutting_keeps_the_first_pieces_and_the_end_token(int lengthMax)
    {
        int[] all = Fixture.Encode("painted portraits of beautifully lit robots");
        Assert.Equal([.. all[..(lengthMax - 1)], all[^1]], Fixture.Encode("painted portraits of beautifully lit robots", lengthMax));
    }

    [Fact]
    public void A_word_cut_in_the_middle_is_unknown_if_its_rest_is()
    {
        // "cat" alone is a piece, but "cat" with a character that no piece covers is unknown as a whole, wherever the cut is.
        int unknown = Fixture.Encode("❤")[1];
        Assert.Equal([Fixture.Encode("")[0], unknown, Fixture.Encode("")[1]], Fixture.Encode("cat❤", 3));
    }

    [Fact]
    public void Encoding_allocates_nothing()
    {
        int[] ids = new int[128];
        const string text = "A photo of an old man, wearing a café hat — 一只猫";
        Fixture.Encode(text, ids.AsSpan());
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Fixture.Encode(text, ids.AsSpan());
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static bool Same(string text)
    {
        Assert.Equal(Plain.Encode(text), Fixture.Encode(text));
        return true;
    }

    private static List<string> Differences(WordPieceTokenizer tokenizer, string goldenPath) =>
        [.. Golden(goldenPath).Where(g => !tokenizer.Encode(g.Text).SequenceEqual(g.Ids))
            .Select(g => $"{g.Text}: {string.Join(' ', tokenizer.Encode(g.Text))} instead of {string.Join(' ', g.Ids)}")];

    private static IEnumerable<(string Text, int[] Ids)> Golden(string path) => File.ReadLines(path).Select(line =>
    {
        using JsonDocument row = JsonDocument.Parse(line);
        return (row.RootElement.GetProperty("text").GetString()!, row.RootElement.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()).ToArray());
    });

    private static Dictionary<string, int> Vocabulary(string path) =>
        File.ReadAllLines(path).Select((token, id) => (token, id)).GroupBy(p => p.token)
            .ToDictionary(p => p.Key, p => p.Last().id);
}
