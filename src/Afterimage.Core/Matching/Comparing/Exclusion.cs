using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>Which words cannot be true of one thing at once, derived from WordNet: antonyms, values of one quality, kinds below one root.</summary>
internal static class Exclusion
{
    private const float ShareMin = 0.2f;

    private const string Kind = "kind";

    private static readonly HashSet<string> Hard =
    [
        Kind,         "text", "count", "opposite", "color", "animal", "time of day", "season", "vehicle", "instrument", "food", "weather", "material", "city", "country", "shape",
    ];

    /// <summary>True where different values of the named thing are never the same picture; people, places and tools have overlapping kinds.</summary>
    public static bool IsHard(string name) => Hard.Contains(name);

    /// <summary>The name of what the two words are different values of, or null where they do not exclude each other.</summary>
    public static string? Between(WordLexicon lexicon, Word a, Word b)
    {
        if (a.Quoted || b.Quoted)
        {
            return a.Quoted && b.Quoted ? "text" : null;
        }

        if (a.Kind == WordKind.Number || b.Kind == WordKind.Number)
        {
            return a.Kind == b.Kind ? "count" : null;
        }

        foreach (WordForm x in a.Forms)
        {
            foreach (WordForm y in b.Forms)
            {
                if (x.Pos == y.Pos && lexicon.AreAntonyms(x.Lemma, y.Lemma))
                {
                    return "opposite";
                }
            }
        }

        if (Thesaurus.Relate(a.Concepts, b.Concepts) == ThesaurusRelation.Contrast)
        {
            return ExclusionClasses.Shared.NameOf(lexicon, a, b, ShareMin) ?? Kind;
        }

        return ExclusionClasses.Shared.NameOf(lexicon, a, b, ShareMin);
    }
}
