using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Reading;

/// <summary>
/// Decides what each word does: a bigram model over six open tags (Viterbi), the lexicon's frequencies giving what a word can be and a small
/// table what follows what in captions and prompts. Words of the closed classes are fixed beforehand.
/// </summary>
internal static class Tagger
{
    private const int Open = 6;

    // Rows: the tag before; columns: Adjective Noun Verb Ing Participle Adverb. Natural logarithms, set by hand on captions.
    private static readonly float[] Follows = BuildFollows();

    /// <summary>Sets <see cref="Word.Tag"/>, <see cref="Word.Lemma"/> and <see cref="Word.Plural"/> of every word.</summary>
    public static void Run(WordLexicon lexicon, List<Word> words)
    {
        int n = words.Count;
        var score = new float[(n + 1) * Open];
        var back = new byte[n * Open];
        Span<float> can = stackalloc float[Open];
        for (int i = 0; i < n; i++)
        {
            if (words[i].Kind is not (WordKind.Content or WordKind.Opaque))
            {
                continue;
            }

            Possible(lexicon, words[i], can);
            for (int tag = 0; tag < Open; tag++)
            {
                (score[(i * Open) + tag], back[(i * Open) + tag]) = Best(words, score, i, tag);
                score[(i * Open) + tag] += can[tag];
            }
        }

        for (int i = n - 1; i >= 0; i--)
        {
            if (words[i].Kind is WordKind.Content or WordKind.Opaque)
            {
                words[i].Tag = (Tag)Choose(words, score, back, i);
                Settle(words[i]);
            }
        }

        for (int i = 0; i < n; i++)
        {
            if (i == 0 || words[i - 1].Tag == Tag.Break)
            {
                OpenPhrase(words[i], i + 1 < n ? words[i + 1] : null);
            }

            if (i > 0)
            {
                Agree(words, i);
            }
        }
    }

    // "bees on a flower": where nobody stands before who would do it, it is no verb.
    private static void OpenPhrase(Word word, Word? after)
    {
        if (word.Tag == Tag.Verb && after?.Tag is null or Tag.Preposition or Tag.Break && Array.Exists(word.Forms, f => f.Inflection == Inflection.ThirdPerson)
            && Array.Find(word.Forms, f => f is { Pos: PartsOfSpeech.Noun, Inflection: Inflection.Plural }) is { Pos: PartsOfSpeech.Noun } noun)
        {
            (word.Tag, word.Lemma, word.Plural) = (Tag.Noun, noun.Lemma, true);
        }
    }

    // "two computer monitors", "a fruit stand": a verb would not agree with the noun before it, so it is a noun too.
    private static void Agree(List<Word> words, int i)
    {
        Word word = words[i];
        Word before = words[i - 1];

        // "is being fried", "is being put": what follows is a participle, whatever else it may be.
        if (before.Text == "being" && Array.Find(word.Forms, f => f.Pos == PartsOfSpeech.Verb) is { Pos: PartsOfSpeech.Verb } passive)
        {
            (word.Tag, word.Lemma, word.Plural) = (Tag.Participle, passive.Lemma, null);
            return;
        }

        // "a knight slain by a dragon": the slain are people elsewhere.
        if (word.Tag == Tag.Noun && before.Tag == Tag.Noun && i + 1 < words.Count && words[i + 1].Text == "by"
            && Array.Find(word.Forms, f => f.Inflection == Inflection.Past) is { Pos: PartsOfSpeech.Verb } done)
        {
            (word.Tag, word.Lemma, word.Plural) = (Tag.Participle, done.Lemma, null);
            return;
        }

        // "orange feline", "with a sapphire": where a phrase ends without a noun, its last word is one if it can be.
        bool behindAdjective = before.Tag == Tag.Adjective && (i + 1 == words.Count || words[i + 1].Tag is Tag.Preposition or Tag.Break);
        if (word.Tag == Tag.Adjective && (behindAdjective || (before.Text is "a" or "an" && (i + 1 == words.Count || words[i + 1].Tag == Tag.Preposition)))
            && Array.Find(word.Forms, f => f.Pos == PartsOfSpeech.Noun) is { Pos: PartsOfSpeech.Noun } noun)
        {
            (word.Tag, word.Lemma, word.Plural) = (Tag.Noun, noun.Lemma, noun.Inflection == Inflection.Plural);
            return;
        }

        // "a queen in white and a bishop in black": what they wear, and no colour of the bishop.
        if (word.Tag == Tag.Adjective && before.Tag == Tag.Preposition && LightWords.IsColor(word) && ClosesPhrase(words, i)
            && Array.Find(word.Forms, f => f.Pos == PartsOfSpeech.Noun) is { Pos: PartsOfSpeech.Noun } color)
        {
            (word.Tag, word.Lemma, word.Plural) = (Tag.Noun, color.Lemma, null);
            return;
        }

        // "with red writing": behind preposition and adjective stands a noun.
        if (word.Tag == Tag.Ing && before.Tag == Tag.Adjective && i > 1 && words[i - 2].Tag is Tag.Preposition or Tag.Determiner && i > 1
            && (i + 1 == words.Count || words[i + 1].Tag is Tag.Preposition or Tag.Break))
        {
            word.Tag = Tag.Noun;
            return;
        }

        // ", oil painting": nobody is there who paints.
        if (word.Tag == Tag.Ing && LightWords.IsMedium(word.Text) && before is { Tag: Tag.Noun, Lemma: >= 0 } && !Taxonomy.Shared.IsAnimate(before.Lemma)
            && (i + 1 == words.Count || words[i + 1].Tag == Tag.Break || words[i + 1].Text == "of") && Array.Find(word.Forms, f => f.Pos == PartsOfSpeech.Noun) is { Pos: PartsOfSpeech.Noun } medium)
        {
            (word.Tag, word.Lemma, word.Plural) = (Tag.Noun, medium.Lemma, false);
            return;
        }

        if (word is { Tag: Tag.Noun, Plural: true } && before is { Tag: Tag.Noun, Plural: false } && OpensWithOne(words, i - 1) && !IsLemma(word)
            && Array.Find(word.Forms, f => f.Inflection == Inflection.ThirdPerson) is { Pos: PartsOfSpeech.Verb } verb)
        {
            (word.Tag, word.Lemma, word.Plural) = (Tag.Verb, verb.Lemma, null);
            return;
        }

        if (word is { Tag: Tag.Noun, Plural: true } && before is { Tag: Tag.Noun, Plural: false } && IsOnlyVerb(words, i) && !IsLemma(word)
            && Array.Find(word.Forms, f => f.Inflection == Inflection.ThirdPerson) is { Pos: PartsOfSpeech.Verb } finite)
        {
            (word.Tag, word.Lemma, word.Plural) = (Tag.Verb, finite.Lemma, null);
            return;
        }

        if (word.Tag != Tag.Verb || before.Tag != Tag.Noun || before.Plural is not { } plural || !Array.Exists(word.Forms, f => f.Pos == PartsOfSpeech.Noun))
        {
            return;
        }

        bool third = Array.Exists(word.Forms, f => f.Inflection == Inflection.ThirdPerson);
        bool several = i > 1 && words[i - 2].Tag == Tag.Number && words[i - 2].Value > 1;
        bool joined = i > 1 && words[i - 2].Tag == Tag.Conjunction || (i > 2 && words[i - 3].Tag == Tag.Conjunction);
        if (third ? plural || several : !plural && !joined)
        {
            word.Tag = Tag.Noun;
            word.Lemma = -1;
            Settle(word);
        }
    }

    // "a fabric pants": a plural that has no singular is no verb.
    private static bool IsLemma(Word word) => Array.Exists(word.Forms, f => f.Pos == PartsOfSpeech.Noun && f.Inflection == Inflection.None);

    private static bool ClosesPhrase(List<Word> words, int i) =>
        i + 1 == words.Count || words[i + 1].Tag is Tag.Preposition or Tag.Break or Tag.Verb or Tag.Auxiliary
            || (words[i + 1].Tag == Tag.Conjunction && i + 2 < words.Count && words[i + 2].Tag == Tag.Determiner);

    // "The pilot waves from the cockpit.": a sentence that opens with "the" and has no other verb.
    private static bool IsOnlyVerb(List<Word> words, int i)
    {
        int start = i;
        while (start > 0 && words[start - 1].Tag is Tag.Adjective or Tag.Noun or Tag.Determiner)
        {
            start--;
        }

        bool opens = words[start].Text is "the" && (start == 0 || words[start - 1].Text == ".");
        bool goesOn = i + 1 < words.Count && words[i + 1].Tag is Tag.Preposition or Tag.Determiner or Tag.Adverb;
        for (int k = i + 1; opens && goesOn && k < words.Count && words[k].Text != "."; k++)
        {
            if (words[k].Tag is Tag.Verb or Tag.Auxiliary || words[k].Text == ",")
            {
                return false;
            }
        }

        return opens && goesOn;
    }

    // "a woman slices": after "a" no plural can be the head, so it is a verb.
    private static bool OpensWithOne(List<Word> words, int noun)
    {
        int i = noun - 1;
        while (i > 0 && words[i].Tag is Tag.Adjective or Tag.Noun or Tag.Adverb)
        {
            i--;
        }

        return i >= 0 && words[i].Text is "a" or "an" or "one" or "another";
    }

    private static (float, byte) Best(List<Word> words, float[] score, int i, int tag)
    {
        if (i == 0 || words[i - 1].Kind is not (WordKind.Content or WordKind.Opaque))
        {
            return (Follows[((int)(i == 0 ? Tag.Break : words[i - 1].Tag) * Open) + tag], 0);
        }

        float best = float.NegativeInfinity;
        byte from = 0;
        for (int before = 0; before < Open; before++)
        {
            float path = score[((i - 1) * Open) + before] + Follows[(before * Open) + tag];
            if (path > best)
            {
                (best, from) = (path, (byte)before);
            }
        }

        return (best, from);
    }

    private static int Choose(List<Word> words, float[] score, byte[] back, int i)
    {
        bool chained = i + 1 < words.Count && words[i + 1].Kind is WordKind.Content or WordKind.Opaque;
        if (chained)
        {
            return back[((i + 1) * Open) + (int)words[i + 1].Tag];
        }

        bool beforeAuxiliary = i + 1 < words.Count && words[i + 1].Tag == Tag.Auxiliary && words[i + 1].Text != "'s";
        bool beforeNominal = i + 1 < words.Count && words[i + 1].Tag == Tag.Preposition && words[i + 1].Place == Place.Of;
        int best = 0;
        float bestScore = float.NegativeInfinity;
        for (int tag = 0; tag < Open; tag++)
        {
            float s = score[(i * Open) + tag] + (beforeNominal && tag == (int)Tag.Noun ? 1.5f : 0) - (beforeAuxiliary && tag != (int)Tag.Noun ? 3 : 0)
                - (tag == (int)Tag.Adjective && i > 0 && words[i - 1].Tag != Tag.Auxiliary ? 0.7f : 0);
            if (s > bestScore)
            {
                (best, bestScore) = (tag, s);
            }
        }

        return best;
    }

    // Log probability of each tag for the word alone.
    private static void Possible(WordLexicon lexicon, Word word, Span<float> can)
    {
        can.Fill(0.002f);
        foreach (WordForm form in word.Forms)
        {
            float uses = 0.5f;
            ReadOnlySpan<int> senses = lexicon.SensesOf(form.Lemma);
            ReadOnlySpan<byte> tags = lexicon.TagsOf(form.Lemma);
            for (int s = 0; s < senses.Length; s++)
            {
                uses += lexicon.SynsetPos(senses[s]) == form.Pos ? MathF.Pow(2, tags[s] / 20f) - 1 : 0;
            }

            Tag tag = form.Inflection == Inflection.Past && SimplePasts.Contains(word.Text) ? Tag.Verb : TagOf(form);
            can[(int)tag] += form.Inflection == Inflection.None || form.Pos != PartsOfSpeech.Verb ? uses : MathF.Max(uses * 0.4f, 0.5f);
        }

        if (word.Forms.Length == 0)
        {
            can[(int)Tag.Noun] = 1;
            can[(int)Tag.Adjective] = 0.1f;
            can[(int)Tag.Ing] = word.Text.EndsWith("ing", StringComparison.Ordinal) ? 0.7f : 0.002f;
            can[(int)Tag.Participle] = word.Text.EndsWith("ed", StringComparison.Ordinal) ? 0.7f : 0.002f;
            can[(int)Tag.Adverb] = word.Text.EndsWith("ly", StringComparison.Ordinal) ? 2f : 0.002f;
        }

        float sum = 0;
        foreach (float c in can)
        {
            sum += c;
        }

        for (int i = 0; i < can.Length; i++)
        {
            can[i] = MathF.Log(can[i] / sum);
        }
    }

    // The past of these is no participle, so that it describes nothing: "a rose tattoo".
    private static readonly HashSet<string> SimplePasts = new(
        "rose saw ate drew flew wore took gave fell broke spoke chose froze woke drove rode wrote sang drank swam began ran went grew knew threw blew tore shook stole hid bit forgot arose shrank sank sprang stank trod wove swore"
            .Split(' '), StringComparer.Ordinal);

    private static Tag TagOf(WordForm form) => form.Pos switch
    {
        PartsOfSpeech.Noun => Tag.Noun,
        PartsOfSpeech.Adjective => Tag.Adjective,
        PartsOfSpeech.Adverb => Tag.Adverb,
        _ => form.Inflection switch
        {
            Inflection.Ing => Tag.Ing,
            Inflection.Past => Tag.Participle,
            _ => Tag.Verb,
        },
    };

    private static void Settle(Word word)
    {
        foreach (WordForm form in word.Forms)
        {
            if (TagOf(form) == word.Tag && (word.Lemma < 0 || form.Inflection != Inflection.None))
            {
                word.Lemma = form.Lemma;
                word.Plural = form.Pos == PartsOfSpeech.Noun ? form.Inflection == Inflection.Plural : null;
            }
        }

        if (word.Lemma < 0 && word.Forms.Length > 0)
        {
            word.Lemma = word.Forms[0].Lemma;
        }
    }

    private static float[] BuildFollows()
    {
        var table = new float[((int)Tag.Break + 1) * Open];
        Set(Tag.Adjective, -0.7f, 0, -7, -2.5f, -2.5f, -3);
        Set(Tag.Noun, -3, -1, -1, -0.5f, -1, -1.5f);
        Set(Tag.Verb, -1.5f, -1, -4, -2, -3, -1);
        Set(Tag.Ing, -1, -0.8f, -5, -3, -3, -1);
        Set(Tag.Participle, -1.5f, -1.5f, -4, -2.5f, -3, -1.5f);
        Set(Tag.Adverb, 0, -2, -1, -0.7f, -0.7f, -1);
        Set(Tag.Determiner, 0, 0, -9, -2.5f, -1.5f, -2);
        Set(Tag.Preposition, -0.5f, 0, -6, -1.2f, -2, -2);
        Set(Tag.To, -1, -0.7f, 0, -3, -4, -2);
        Set(Tag.Conjunction, -0.7f, -0.3f, -1.5f, -1, -1.5f, -1.5f);
        Set(Tag.Number, -0.5f, 0, -4, -2, -2, -3);
        Set(Tag.Pronoun, -2, -3, 0, -1, -1, -1);
        Set(Tag.Auxiliary, -0.7f, -2, -2, 0, 0, -0.7f);
        Set(Tag.Relative, -2, -2, 0, -2, -2, -1);
        Set(Tag.Break, -0.5f, -0.3f, -2.5f, -1, -1, -1.5f);
        return table;

        void Set(Tag before, params ReadOnlySpan<float> scores) => scores.CopyTo(table.AsSpan((int)before * Open));
    }
}
