using Afterimage.Text.Lexicon;
using Xunit;

namespace Afterimage.Tests.Text.Lexicon;

public sealed class ThesaurusTests
{
    private static ThesaurusRelation Relate(string one, string other) => Thesaurus.Relate(Thesaurus.Shared.Find(one), Thesaurus.Shared.Find(other));

    [Theory]
    [InlineData("couch", "sofa")]
    [InlineData("cell phone", "mobile phone")]
    [InlineData("running shoe", "sneaker")]
    public void What_one_line_calls_the_same_is_the_same(string one, string other) => Assert.Equal(ThesaurusRelation.Same, Relate(one, other));

    [Fact]
    public void What_a_line_keeps_apart_is_a_contrast() => Assert.Equal(ThesaurusRelation.Contrast, Relate("kayak", "canoe"));

    [Fact]
    public void Words_between_slashes_are_one() => Assert.NotEqual(ThesaurusRelation.Contrast, Relate("gold", "golden"));

    [Fact]
    public void An_expression_that_is_not_listed_relates_to_nothing() => Assert.Equal(ThesaurusRelation.None, Relate("couch", "qwrtz"));

    [Fact]
    public void Every_expression_fits_the_limit_and_stands_once_in_its_line()
    {
        string file = Path.Combine(Repository.Root, "src", "Afterimage.Core", "Text", "Lexicon", "thesaurus.txt");
        foreach (string line in File.ReadLines(file).Where(l => l.Length > 0 && l[0] != '#'))
        {
            string[] expressions = line[4..].Split('|', '/').Select(e => e.Trim()).ToArray();
            Assert.Equal(expressions.Distinct(StringComparer.Ordinal), expressions);
            Assert.All(expressions, e => Assert.InRange(e.Split(' ').Length, 1, Thesaurus.PhraseWordsMax));
            Assert.All(expressions, e => Assert.Matches("^[a-z0-9 ]+$", e));
        }
    }
}
