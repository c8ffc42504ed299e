using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>One word here, several there: closeup / close up, 8k / 8 k, cellphone / cell phone, puppy / young dog.</summary>
internal static class Compounds
{
    private const int PartsMax = 3;

    public static void Align(WordLexicon lexicon, Alignment alignment)
    {
        for (int i = 0; i < alignment.A.Count; i++)
        {
            if (Free(alignment.A[i], alignment.ToB[i]))
            {
                AlignOne(lexicon, alignment.A[i], alignment.B, alignment.ToA, (parts, match) => JoinAll(alignment, i, parts, match, swapped: false));
            }
        }

        for (int j = 0; j < alignment.B.Count; j++)
        {
            if (Free(alignment.B[j], alignment.ToA[j]))
            {
                AlignOne(lexicon, alignment.B[j], alignment.A, alignment.ToB, (parts, match) => JoinAll(alignment, j, parts, match, swapped: true));
            }
        }
    }

    private static bool Free(Word word, int partner) => partner < 0 && word.Kind is WordKind.Content or WordKind.Number;

    private static void JoinAll(Alignment alignment, int one, Range parts, Match match, bool swapped)
    {
        for (int part = parts.End.Value - 1; part >= parts.Start.Value; part--)
        {
            if (swapped)
            {
                alignment.Join(part, one, match);
            }
            else
            {
                alignment.Join(one, part, match);
            }
        }
    }

    private static void AlignOne(WordLexicon lexicon, Word one, IReadOnlyList<Word> others, int[] partners, Action<Range, Match> join)
    {
        for (int start = 0; start < others.Count; start++)
        {
            if (partners[start] >= 0 || others[start].Kind == WordKind.Break)
            {
                continue;
            }

            for (int end = start + 2; end <= Math.Min(others.Count, start + PartsMax) && partners[end - 1] < 0 && others[end - 1].Kind != WordKind.Break; end++)
            {
                if (Matches(lexicon, one, others, start, end) is { Strength: > 0 } match)
                {
                    join(start..end, match);
                    return;
                }
            }
        }
    }

    private static Match Matches(WordLexicon lexicon, Word one, IReadOnlyList<Word> others, int start, int end)
    {
        int length = 0;
        for (int k = start; k < end; k++)
        {
            length += others[k].Text.Length;
        }

        // A bluebottle is no blue bottle, a greenhouse no green house.
        bool isThingOfItsOwn = one.IsCommonNoun && others[start].Tag == Tag.Adjective && Array.Exists(others[start].Forms, f => f.Pos == PartsOfSpeech.Adjective) && others[end - 1] is { Tag: Tag.Noun, Joined: false };

        // "a cat" is meant where "acat" is written, but "amoral" is not "a moral".
        bool opensWithArticle = others[start].Tag == Tag.Determiner && (one.Forms.Length > 0 || others[end - 1].Tag == Tag.Adjective);
        if (!opensWithArticle && !isThingOfItsOwn && Concatenates(one.Text, others, start, end, length))
        {
            return new Match(Likeness.Spelling, 1);
        }

        if (one.Quoted || one.Forms.Length == 0 || one.Kind != WordKind.Content)
        {
            return Match.None;
        }

        return SharesMeaning(lexicon, one, others, start, end) ? new Match(Likeness.Synonym, 0.95f)
            : IsDefinedBy(lexicon, one, others, start, end) ? new Match(Likeness.Definition, 0.8f)
            : Match.None;
    }

    private static bool Concatenates(ReadOnlySpan<char> whole, IReadOnlyList<Word> others, int start, int end, int length)
    {
        bool plural = length != whole.Length && length == whole.Length + 1 && others[end - 1].Text.EndsWith('s');
        if (length != whole.Length && !plural)
        {
            return false;
        }

        foreach (Word word in others.Skip(start).Take(end - start))
        {
            ReadOnlySpan<char> part = plural && ReferenceEquals(word, others[end - 1]) ? word.Text.AsSpan()[..^1] : word.Text;
            if (!whole.StartsWith(part))
            {
                return false;
            }

            whole = whole[part.Length..];
        }

        return whole.IsEmpty;
    }

    // "cell phone" is one lemma of WordNet and shares a synset with "cellphone".
    private static bool SharesMeaning(WordLexicon lexicon, Word one, IReadOnlyList<Word> others, int start, int end)
    {
        Span<char> phrase = stackalloc char[64];
        int length = 0;
        for (int k = start; k < end; k++)
        {
            string part = k == end - 1 && others[k].Lemma >= 0 && others[k].Kind == WordKind.Content ? lexicon.LemmaText(others[k].Lemma) : others[k].Text;
            if (length + part.Length + 1 > phrase.Length)
            {
                return false;
            }

            part.CopyTo(phrase[length..]);
            length += part.Length;
            phrase[length++] = ' ';
        }

        int lemma = lexicon.Find(phrase[..(length - 1)]);
        if (lemma < 0)
        {
            return false;
        }

        foreach (WordForm form in one.Forms)
        {
            foreach (int synset in lexicon.SensesOf(form.Lemma))
            {
                if (lexicon.SensesOf(lemma).Contains(synset))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsDefinedBy(WordLexicon lexicon, Word one, IReadOnlyList<Word> others, int start, int end)
    {
        foreach (WordForm form in one.Forms)
        {
            if (form.Pos != PartsOfSpeech.Noun)
            {
                continue;
            }

            foreach (int synset in lexicon.SensesOf(form.Lemma))
            {
                if (lexicon.TryGetDefinition(synset, out WordLexicon.Definition definition) && Spells(definition, others, start, end))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool Spells(WordLexicon.Definition definition, IReadOnlyList<Word> others, int start, int end)
    {
        if (end - start != definition.Modifiers.Length + 1 || others[end - 1].Lemma != definition.Head)
        {
            return false;
        }

        for (int k = start; k < end - 1; k++)
        {
            if (!definition.Modifiers.Contains(others[k].Lemma))
            {
                return false;
            }
        }

        return true;
    }
}
