using Afterimage.Text;
using Afterimage.Text.BuiltIn;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Afterimage.Tests.Text;

public sealed class BuiltInEmbedderTests
{
    private static readonly BuiltInEmbedder Embedder = new();

    [Theory]
    [InlineData("a photo of a cat")]
    [InlineData("x")]
    [InlineData("zqxwv unknownword")]
    [InlineData("一只猫坐在窗台上")]
    [InlineData("แมวนั่งบนหลังคา")]
    [InlineData("кошка на окне")]
    [InlineData("قطة على النافذة")]
    [InlineData("🐱🚀")]
    [InlineData("2024")]
    public void A_text_with_words_of_any_script_has_a_vector_of_length_one(string text) => Assert.Equal(1, Norm(Vector(text)), 5);

    [Theory]
    [InlineData("")]
    [InlineData("  \t\n")]
    [InlineData("!!! ... ---")]
    [InlineData("\u200b\ufeff")]
    [InlineData("\ud800")]
    public void A_text_without_words_is_all_zero(string text) => Assert.All(Vector(text), x => Assert.Equal(0, x));

    [Theory]
    [InlineData("A Photo of a CAT!", "a photo of a cat")]
    [InlineData("red,blue", "red blue")]
    [InlineData("co\u00adoperate now", "cooperate now")]
    public void Case_and_punctuation_and_invisible_characters_change_nothing(string a, string b) => Assert.Equal(Vector(a), Vector(b));

    [Theory]
    [InlineData("a man riding a bicycle down the street", "a person rides a bike on a road", "a bowl of soup with vegetables")]
    [InlineData("tiny orange cat", "diminutive orange feline", "blue truck on a road")]
    [InlineData("a sofa in a living room", "a couch in a lounge", "a horse on a beach")]
    public void A_paraphrase_is_nearer_than_something_else(string asked, string paraphrase, string other) =>
        Assert.True(Cosine(asked, paraphrase) > Cosine(asked, other) + 0.2, $"{Cosine(asked, paraphrase)} against {Cosine(asked, other)}");

    [Fact]
    public void Different_words_of_a_script_without_spaces_give_different_vectors() =>
        Assert.True(Cosine("一只猫坐在窗台上", "一辆红色的汽车") < 0.5);

    [Fact]
    public void A_misspelt_word_stays_near() => Assert.True(Cosine("a beautiful landscape", "a beautifull landscpae") > Cosine("a beautiful landscape", "a xyzzy qwertz"));

    // Sums are integers and the division is IEEE: the same bits on every machine and at every vector width. Changes only with the table.
    [Fact]
    public void The_vectors_have_the_same_bits_on_every_machine()
    {
        byte[] bytes = [.. new[] { "a photo of a cat", "zqxwv unknownword", "一只猫坐在窗台上" }.SelectMany(Vector).SelectMany(BitConverter.GetBytes)];
        Assert.Equal("builtin-1@5ce1f2e1/192 e7e49682dff34e3c", $"{Embedder.Space.Id} {Hash256.Of(bytes).ToHex()[..16]}");
    }

    [Fact]
    public void The_fast_sum_is_the_plain_sum()
    {
        var random = new Random(1);
        sbyte[] row = [.. Enumerable.Range(0, 256).Select(_ => (sbyte)random.Next(-127, 128))];
        int[] fast = new int[256], plain = new int[256];
        foreach (int weight in new[] { 1, -3, 4095, 77 })
        {
            WordKernel.Add(row, weight, fast);
            WordKernel.AddPlain(row, weight, plain);
        }

        Assert.Equal(plain, fast);
    }

    [Fact]
    public void Embedding_allocates_nothing()
    {
        float[] vector = new float[Embedder.Space.Dimensions];
        Embedder.Embed("warm up zqxwv 猫", vector);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Embedder.Embed("a photo of a cat zqxwv 猫 🐱", vector);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public async Task Many_texts_are_embedded_row_by_row()
    {
        string[] texts = ["a cat", "", "two dogs"];
        float[] rows = new float[texts.Length * Embedder.Space.Dimensions];
        Assert.Equal(EmbedOutcome.Embedded, await Embedder.EmbedAsync(texts, rows, default));
        Assert.Equal(texts.SelectMany(Vector), rows);
    }

    [Fact]
    public void A_hundred_thousand_characters_are_no_trouble() =>
        Assert.Equal(1, Norm(Vector(string.Concat(Enumerable.Repeat("cat dog ((((zqx 猫🐱\u0301\ud800 ", 4000)))), 5);

    [Fact]
    public void Any_string_is_embedded_without_an_error() => Prop.ForAll<string>(text =>
    {
        double norm = Norm(Vector(text ?? ""));
        return norm == 0 || Math.Abs(norm - 1) < 1e-5;
    }).QuickCheckThrowOnFailure();

    private static float[] Vector(string text)
    {
        float[] vector = new float[Embedder.Space.Dimensions];
        Embedder.Embed(text, vector);
        return vector;
    }

    private static double Norm(float[] vector) => Math.Sqrt(vector.Sum(x => (double)x * x));

    private static double Cosine(string a, string b) => Vector(a).Zip(Vector(b)).Sum(p => (double)p.First * p.Second);
}
