using Afterimage.Text.Lexicon;
using Xunit;

namespace Afterimage.Tests.Text.Lexicon;

public sealed class WordLexiconTests
{
    private static readonly WordLexicon Lexicon = WordLexicon.Shared;

    [Theory]
    [InlineData("mice", "mouse")]
    [InlineData("sitting", "sit")]
    [InlineData("wolves", "wolf")]
    [InlineData("larger", "large")]
    [InlineData("ladies", "lady")]
    [InlineData("ran", "run")]
    public void A_form_leads_to_its_lemma(string form, string lemma)
    {
        Span<WordForm> forms = stackalloc WordForm[Morphology.FormsMax];
        var lemmas = new List<string>();
        foreach (WordForm found in forms[..Morphology.Analyze(Lexicon, form, forms)])
        {
            lemmas.Add(Lexicon.LemmaText(found.Lemma));
        }

        Assert.Contains(lemma, lemmas);
    }

    [Theory]
    [InlineData("grey", "gray")]
    [InlineData("sofa", "couch")]
    [InlineData("laptop", "laptop computer")]
    public void Synonyms_share_a_synset(string one, string other) =>
        Assert.True(Lexicon.SensesOf(Lexicon.Find(one)).ContainsAny(Lexicon.SensesOf(Lexicon.Find(other))));

    [Fact]
    public void Antonyms_and_derivations_are_known()
    {
        Assert.True(Lexicon.AreAntonyms(Lexicon.Find("open"), Lexicon.Find("closed")));
        Assert.True(Lexicon.AreDerived(Lexicon.Find("dance"), Lexicon.Find("dancer")));
    }

    [Fact]
    public void A_word_that_is_none_is_not_found() => Assert.Equal(-1, Lexicon.Find("qwrtz"));
}
