using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>
/// Compares two lemmas of one part of speech by their senses, the frequent ones first. A kind and what it is a kind of are not the same picture: measured on
/// labelled pairs, taking them for each other brought as many wrong reuses as right ones; the thesaurus names the exceptions.
/// </summary>
internal static class Senses
{
    private const int SensesMax = 12;

    // A sense that has less of a lemma's uses is not what a prompt means.
    private const float ShareMin = 0.04f;

    public static Match Compare(WordLexicon lexicon, WordForm x, WordForm y)
    {
        if (lexicon.AreAntonyms(x.Lemma, y.Lemma))
        {
            return Match.None;
        }

        Span<(int Synset, float Share)> a = stackalloc (int, float)[SensesMax];
        Span<(int Synset, float Share)> b = stackalloc (int, float)[SensesMax];
        a = a[..Shares(lexicon, x, a)];
        b = b[..Shares(lexicon, y, b)];
        Match best = Match.None;
        foreach ((int s, float p) in a)
        {
            foreach ((int t, float q) in b)
            {
                Match match = CompareSense(lexicon, s, p, t, q);
                best = match.Strength > best.Strength ? match : best;
            }
        }

        return best;
    }

    /// <summary>Writes the synsets of a form's part of speech with their share of its uses.</summary>
    public static int Shares(WordLexicon lexicon, WordForm form, Span<(int Synset, float Share)> into)
    {
        ReadOnlySpan<int> senses = lexicon.SensesOf(form.Lemma);
        ReadOnlySpan<byte> tags = lexicon.TagsOf(form.Lemma);
        int count = 0;
        float sum = 0;
        for (int i = 0; i < senses.Length && count < into.Length; i++)
        {
            if (lexicon.SynsetPos(senses[i]) == form.Pos)
            {
                float uses = MathF.Pow(2, tags[i] / 20f) - 1 + (1f / (count + 1));
                into[count] = (senses[i], uses);
                sum += uses;
                count++;
            }
        }

        for (int i = 0; i < count; i++)
        {
            into[i].Share /= sum;
        }

        return count;
    }

    private static Match CompareSense(WordLexicon lexicon, int s, float p, int t, float q)
    {
        float share = MathF.Sqrt(p * q);
        if (s == t)
        {
            return new Match(Likeness.Synonym, 0.6f + (0.4f * MathF.Min(1, share * 2)));
        }

        if (MathF.Min(p, q) < ShareMin)
        {
            return Match.None;
        }

        return lexicon.SimilarTo(s).Contains(t) || lexicon.SimilarTo(t).Contains(s) ? new Match(Likeness.Similar, 0.85f * MathF.Min(1, 2f * share)) : Match.None;
    }
}
