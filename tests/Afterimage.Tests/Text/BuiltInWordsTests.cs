using Afterimage.Text.BuiltIn;
using Xunit;

namespace Afterimage.Tests.Text;

public sealed class BuiltInWordsTests
{
    [Theory]
    [InlineData("A red-haired Girl, 2 cats", "a|red|haired|girl|2|cats")]
    [InlineData("don't", "don|t")]
    [InlineData("ÉCLAIR Москва", "éclair|москва")]
    [InlineData("猫と犬", "猫|猫と|と|と犬|犬")]
    [InlineData("a猫b", "a|猫|b")]
    [InlineData("🐱cat🚀", "🐱|cat|🚀")]
    [InlineData("e\u0301t\u0301e", "e\u0301t\u0301e")]
    [InlineData("", "")]
    public void Words_are_cut_in_every_script(string text, string words) => Assert.Equal(words, string.Join('|', Cut(text)));

    [Fact]
    public void A_run_longer_than_the_longest_word_is_cut_and_nothing_of_it_is_lost() =>
        Assert.Equal(new string('x', 1000), string.Concat(Cut(new string('x', 1000))));

    [Theory]
    [InlineData("lady", "woman")]
    [InlineData("bike", "bicycle")]
    [InlineData("couch", "sofa")]
    public void Words_for_the_same_thing_are_similar(string a, string b) =>
        Assert.True(WordVectors.Default.Similarity(a, b) > WordVectors.Default.Similarity(a, "broccoli") + 0.2);

    [Fact]
    public void Equal_words_are_equal_and_unknown_words_are_unknown()
    {
        Assert.Equal(1, WordVectors.Default.Similarity("zqxwv", "zqxwv"));
        Assert.Equal(0, WordVectors.Default.Similarity("zqxwv", "cat"));
        Assert.True(WordVectors.Default.Contains("cat"));
        Assert.False(WordVectors.Default.Contains("zqxwv"));
    }

    [Fact]
    public void A_rare_word_borrows_the_vectors_of_its_synonyms() => Assert.True(WordVectors.Default.Similarity("diminutive", "tiny") > 0.4);

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(40)]
    public void A_file_that_is_no_table_is_refused(int length) => Assert.Throws<InvalidDataException>(() => WordVectors.Read(new byte[length]));

    [Theory]
    [InlineData("cat", "cat", false)]
    [InlineData("cat", "cart", true)]
    [InlineData("cart", "cat", true)]
    [InlineData("cat", "cot", true)]
    [InlineData("cat", "act", true)]
    [InlineData("cat", "tac", false)]
    [InlineData("aab", "aaab", true)]
    [InlineData("abcd", "badc", false)]
    [InlineData("", "a", true)]
    public void One_edit_is_a_letter_more_less_other_or_swapped(string a, string b, bool one) => Assert.Equal(one, Misspelling.IsOneEdit(a, b));

    [Theory]
    [InlineData("beautifull", "beautiful")]
    [InlineData("beatiful", "beautiful")]
    [InlineData("beuatiful", "beautiful")]
    [InlineData("beoutiful", "beautiful")]
    [InlineData("zqxwvzqxwv", null)]
    [InlineData("ct", null)]
    public void A_misspelling_is_led_back_to_the_word(string written, string? meant)
    {
        int found = new Misspelling(WordVectors.Default).Correct(written);
        Assert.Equal(meant, found < 0 ? null : WordVectors.Default.Spelling(found).ToString());
    }

    [Theory]
    [InlineData("cats", "cat")]
    [InlineData("berries", "berry")]
    [InlineData("smiling", "smile")]
    [InlineData("boxes", "box")]
    [InlineData("zqxwvs", null)]
    public void A_regular_ending_is_taken_off(string written, string? known)
    {
        int found = Inflection.FindBase(written, WordVectors.Default);
        Assert.Equal(known, found < 0 ? null : WordVectors.Default.Spelling(found).ToString());
    }

    private static List<string> Cut(string text)
    {
        var words = new List<string>();
        var scanner = new WordScanner(text, new char[WordScanner.WordLengthMax + 2]);
        while (scanner.MoveNext())
        {
            words.Add(scanner.Word.ToString());
        }

        return words;
    }
}
