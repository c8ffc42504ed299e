using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>How many of a thing a prompt asks for, where it gives no number.</summary>
internal enum Amount : byte
{
    Unsaid,
    One,
    Few,
    Several,

    /// <summary>Several beings, whatever the form of the noun: a herd of bison.</summary>
    Group,
    Many,
    Masses,
    All,
}

/// <summary>Reads amounts from what stands before a noun, and says which cannot be the same picture: a window, many windows.</summary>
internal static class Amounts
{
    private const int ReachMax = 6;

    public static bool Conflict(IReadOnlyList<Word> wordsA, int a, IReadOnlyList<Word> wordsB, int b)
    {
        (Amount x, Amount y) = (Of(wordsA, a), Of(wordsB, b));
        return HasHalfMore(wordsA, a) != HasHalfMore(wordsB, b) || Excludes(x, y, wordsA[a], wordsB[b]) || Excludes(y, x, wordsB[b], wordsA[a]);
    }

    /// <summary>A number or the like says that there are several, whatever the form of the noun: "three zebra".</summary>
    public static bool AreSeveral(IReadOnlyList<Word> words, int noun) => Of(words, noun) is Amount.Few or Amount.Several or Amount.Group or Amount.Many or Amount.Masses;

    private static bool Excludes(Amount x, Amount y, Word a, Word b) => x switch
    {
        Amount.Unsaid => y is Amount.All && a.Plural == false && b.Plural == true,
        Amount.Several or Amount.Group => y == Amount.Masses || (y is Amount.All && a.Plural == true && b.Plural == true && a.Text == b.Text),
        Amount.One => y is Amount.All || (y is Amount.Group && !Taxonomy.Shared.IsGroup(a.Lemma)) || (y is Amount.Few or Amount.Several or Amount.Many or Amount.Masses && a.Plural != true && b.Plural != false),
        Amount.Few => y is Amount.Many or Amount.Masses,
        _ => false,
    };

    // "a grapefruit and a half"
    private static bool HasHalfMore(IReadOnlyList<Word> words, int noun) =>
        noun + 3 < words.Count && words[noun + 1].Text == "and" && words[noun + 2].Text == "a" && words[noun + 3].Text == "half";

    private static Amount Of(IReadOnlyList<Word> words, int noun)
    {
        for (int i = noun - 1; i >= 0 && i >= noun - ReachMax; i--)
        {
            Word word = words[i];

            // "the most beautiful of them" is one.
            if (word.Text == "most" && (i + 1 == noun || words[i + 1].Text == "of"))
            {
                return Amount.Many;
            }

            if (Named(word) is var amount and not Amount.Unsaid)
            {
                return amount;
            }

            if (word.Collective)
            {
                return Taxonomy.Shared.IsGroup(word.Lemma) && Taxonomy.Shared.IsBeing(words[noun].Lemma) ? Amount.Group : Amount.Several;
            }

            bool within = word.Tag is Tag.Adjective or Tag.Determiner or Tag.Number or Tag.Adverb or Tag.Pronoun || word.Text is "of" or "'s" || (word.Tag == Tag.Noun && words[i + 1].Text != "of");
            if (!within)
            {
                break;
            }
        }

        return Amount.Unsaid;
    }

    private static Amount Named(Word word) => word.Text switch
    {
        "a" or "an" or "one" or "1" or "single" or "lone" or "solitary" => Amount.One,
        "few" => Amount.Few,
        "several" or "multiple" or "various" or "some" or "couple of" or "pair of" => Amount.Several,
        "many" or "numerous" or "countless" or "lots" or "plenty" => Amount.Many,
        "hundreds" or "thousands" or "dozens" or "millions" => Amount.Masses,
        "all" or "both" or "every" or "each" => Amount.All,
        _ => word is { Tag: Tag.Number, Ordinal: null } ? Amount.Several : Amount.Unsaid,
    };
}
