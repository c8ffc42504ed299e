using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>Says how alike two words are, from the lexicon and their letters.</summary>
internal static class WordComparer
{
    public static Match Compare(WordLexicon lexicon, Word a, Word b)
    {
        if (a.Kind == WordKind.Number || b.Kind == WordKind.Number)
        {
            return a.Kind == b.Kind && a.Value == b.Value && a.Ordinal == b.Ordinal ? new Match(Likeness.Same, 1) : Match.None;
        }

        if (a.Text == b.Text)
        {
            return new Match(Likeness.Same, 1);
        }

        if (a.Quoted || b.Quoted || a.Kind != WordKind.Content || b.Kind != WordKind.Content)
        {
            return Match.None;
        }

        if (SharesLemma(a, b, out float lemma))
        {
            return new Match(Likeness.Lemma, lemma);
        }

        if (a.Idiomatic || b.Idiomatic)
        {
            return Match.None;
        }

        return Thesaurus.Relate(a.Concepts, b.Concepts) switch
        {
            ThesaurusRelation.Same => new Match(Likeness.Synonym, 1),
            ThesaurusRelation.Near => new Match(Likeness.Synonym, ExpressionAligner.NearStrength),
            ThesaurusRelation.Contrast => Match.None,
            _ => a.Forms.Length > 0 && b.Forms.Length > 0 ? ByMeaning(lexicon, a, b) : Match.None,
        };
    }

    /// <summary>True where some reading of both words is the same lemma.</summary>
    public static bool SharesLemma(Word a, Word b, out float strength)
    {
        strength = 0;
        foreach (WordForm x in a.Forms)
        {
            foreach (WordForm y in b.Forms)
            {
                if (x.Lemma == y.Lemma && x.Pos == y.Pos)
                {
                    bool degree = x.Inflection is Inflection.Comparative or Inflection.Superlative || y.Inflection is Inflection.Comparative or Inflection.Superlative;
                    strength = Math.Max(strength, degree && x.Inflection != y.Inflection ? 0.6f : 1);
                }
            }
        }

        return strength > 0;
    }

    private static Match ByMeaning(WordLexicon lexicon, Word a, Word b)
    {
        // Of children and young animals all three say the same, a sense that WordNet has but counts as rare.
        if (LightWords.IsYouth(a.Text) && LightWords.IsYouth(b.Text))
        {
            return new Match(Likeness.Similar, 0.8f);
        }

        Match best = Match.None;
        foreach (WordForm x in a.Forms)
        {
            foreach (WordForm y in b.Forms)
            {
                if (!Plays(a, x) || !Plays(b, y))
                {
                    continue;
                }

                Match match = x.Pos == y.Pos && IsTrusted(lexicon, x, y) ? Senses.Compare(lexicon, x, y) : Match.None;
                if (match.Strength == 0 && !(a.Tag == Tag.Noun && b.Tag == Tag.Noun) && Derivation.Joins(lexicon, x, y))
                {
                    match = new Match(Likeness.Derived, 0.7f);
                }

                if (match.Strength > 0 && !(x.Pos == PosOf(a.Tag) && y.Pos == PosOf(b.Tag)))
                {
                    match = match with { Strength = match.Strength * 0.8f };
                }

                best = match.Strength > best.Strength ? match : best;
            }
        }

        return best.Likeness == Likeness.Synonym && AreSpeltAlike(a.Text, b.Text) ? new Match(Likeness.Spelling, 1) : best;
    }

    // WordNet files words together that are used apart (hold, throw; column, tower). Of 5,466 of its pairs of words that prompts use, read one by one, 342 ask for the
    // same picture; the thesaurus has those. Of rare words WordNet is all that is known.
    private static bool IsTrusted(WordLexicon lexicon, WordForm x, WordForm y)
    {
        (string a, string b) = (lexicon.LemmaText(x.Lemma), lexicon.LemmaText(y.Lemma));
        return !Usage.IsCommon(a) || !Usage.IsCommon(b) || AreSpeltAlike(a, b);
    }

    // yogurt, yoghurt; of short words two letters are another word (pond, pool)
    private static bool AreSpeltAlike(string a, string b) => a.Length > 3 && a[0] == b[0] && EditDistance.Of(a, b, 2) <= (a.Length < 6 ? 1 : 2);

    // A noun here is compared as a noun: "a boat" has nothing of the verb. Participles describe, too.
    private static bool Plays(Word word, WordForm form)
    {
        PartsOfSpeech pos = PosOf(word.Tag);
        bool can = word.Tag switch
        {
            Tag.Noun => form.Pos is PartsOfSpeech.Noun or PartsOfSpeech.Adjective,
            Tag.Adjective => form.Pos is not PartsOfSpeech.Adverb,
            Tag.Verb or Tag.Ing or Tag.Participle => form.Pos is PartsOfSpeech.Verb or PartsOfSpeech.Adjective,
            _ => true,
        };
        return can || !Array.Exists(word.Forms, f => f.Pos == pos);
    }

    public static PartsOfSpeech PosOf(Tag tag) => tag switch
    {
        Tag.Noun => PartsOfSpeech.Noun,
        Tag.Adjective => PartsOfSpeech.Adjective,
        Tag.Adverb => PartsOfSpeech.Adverb,
        _ => PartsOfSpeech.Verb,
    };
}
