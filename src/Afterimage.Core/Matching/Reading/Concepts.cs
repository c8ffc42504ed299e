using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Reading;

/// <summary>Looks up in thesaurus and lexicon what a prompt's words mean alone and together.</summary>
internal static class Concepts
{
    private const int CharsMax = 64;
    private const int HeadSenses = 2;

    /// <summary>Fills <see cref="Word.Concepts"/> and <see cref="Word.Idiomatic"/> and returns the expressions of several words.</summary>
    public static Expression[] Find(WordLexicon lexicon, List<Word> words)
    {
        Thesaurus thesaurus = Thesaurus.Shared;
        var expressions = new List<Expression>();
        for (int i = 0; i < words.Count; i++)
        {
            Word word = words[i];
            if (word.Quoted || word.Kind is WordKind.Break or WordKind.Opaque)
            {
                continue;
            }

            if (word.Kind == WordKind.Content)
            {
                word.Concepts = OfWord(lexicon, thesaurus, word);
            }

            FindExpressions(lexicon, thesaurus, words, i, expressions);
            MarkCompound(lexicon, words, i);
        }

        return [.. expressions];
    }

    private static Thesaurus.Entry[] OfWord(WordLexicon lexicon, Thesaurus thesaurus, Word word)
    {
        var found = new List<Thesaurus.Entry>();
        Collect(thesaurus.Find(word.Text), word.Tag, PartsOfSpeech.None, found);
        foreach (WordForm form in word.Forms)
        {
            string lemma = lexicon.LemmaText(form.Lemma);
            if (lemma != word.Text)
            {
                Collect(thesaurus.Find(lemma), word.Tag, form.Pos, found);
            }
        }

        if (word.Forms.Length == 0 && word.Text.EndsWith('s'))
        {
            Collect(thesaurus.Find(word.Text.AsSpan()[..^1]), word.Tag, PartsOfSpeech.Noun, found);
        }

        return found.Count == 0 ? [] : [.. found];
    }

    private static void Collect(ReadOnlySpan<Thesaurus.Entry> entries, Tag tag, PartsOfSpeech form, List<Thesaurus.Entry> found)
    {
        foreach (Thesaurus.Entry entry in entries)
        {
            bool reads = form == PartsOfSpeech.None || form == entry.Pos || (entry.Pos == PartsOfSpeech.Adjective && form is PartsOfSpeech.Noun or PartsOfSpeech.Verb);
            if (reads && Plays(tag, entry.Pos) && !found.Contains(entry))
            {
                found.Add(entry);
            }
        }
    }

    // Nouns and participles describe, too, and a tagger errs between noun and adjective.
    private static bool Plays(Tag tag, PartsOfSpeech pos) => pos switch
    {
        PartsOfSpeech.Noun => tag is Tag.Noun or Tag.Adjective,
        PartsOfSpeech.Verb => tag is Tag.Verb or Tag.Ing or Tag.Participle,
        PartsOfSpeech.Adjective => tag is Tag.Adjective or Tag.Noun or Tag.Participle or Tag.Ing or Tag.Verb,
        _ => tag is Tag.Adverb or Tag.Adjective or Tag.Noun,
    };

    private static void FindExpressions(WordLexicon lexicon, Thesaurus thesaurus, List<Word> words, int start, List<Expression> expressions)
    {
        string opener = Plain(lexicon, words[start]);
        if (!thesaurus.OpensPhrase(words[start].Text) && !thesaurus.OpensPhrase(opener))
        {
            return;
        }

        Span<char> written = stackalloc char[CharsMax];
        Span<char> lemmas = stackalloc char[CharsMax];
        (int writtenLength, int lemmasLength) = (0, 0);
        for (int i = start; i < words.Count && i < start + Thesaurus.PhraseWordsMax; i++)
        {
            if (words[i].Quoted || words[i].Kind is WordKind.Break or WordKind.Opaque
                || !Append(words[i].Text, written, ref writtenLength) || !Append(Plain(lexicon, words[i]), lemmas, ref lemmasLength))
            {
                return;
            }

            if (i == start)
            {
                continue;
            }

            ReadOnlySpan<Thesaurus.Entry> entries = thesaurus.Find(written[..writtenLength]);
            entries = entries.IsEmpty ? thesaurus.Find(lemmas[..lemmasLength]) : entries;
            if (!entries.IsEmpty)
            {
                expressions.Add(new Expression(start, i - start + 1, entries.ToArray()));
                for (int part = start; part <= i && entries[0].Pos != PartsOfSpeech.Noun; part++)
                {
                    words[part].Idiomatic = true;
                }

            }
        }
    }

    private static string Plain(WordLexicon lexicon, Word word) => word is { Kind: WordKind.Content, Lemma: >= 0 } ? lexicon.LemmaText(word.Lemma) : word.Text;

    private static bool Append(string word, Span<char> phrase, ref int length)
    {
        if (length + word.Length + 1 > phrase.Length)
        {
            return false;
        }

        if (length > 0)
        {
            phrase[length++] = ' ';
        }

        word.CopyTo(phrase[length..]);
        length += word.Length;
        return true;
    }

    private static void MarkCompound(WordLexicon lexicon, List<Word> words, int i)
    {
        if (i + 1 >= words.Count || words[i].Kind != WordKind.Content || words[i + 1] is not { Kind: WordKind.Content, Quoted: false })
        {
            return;
        }

        Span<char> phrase = stackalloc char[CharsMax];
        int length = 0;
        if (!Append(words[i].Text, phrase, ref length) || !Append(Plain(lexicon, words[i + 1]), phrase, ref length))
        {
            return;
        }

        int lemma = lexicon.Find(phrase[..length]);
        if (lemma < 0 || words[i + 1].Lemma < 0 || (lexicon.PosOf(lemma) & PartsOfSpeech.Noun) == 0)
        {
            return;
        }

        words[i].OpensCompound = words[i + 1].Tag == Tag.Noun;
        if (!IsKindOf(lexicon, lemma, words[i + 1].Lemma) && lexicon.TopicOf(lexicon.SensesOf(lemma)[0]) != lexicon.TopicOf(lexicon.SensesOf(words[i + 1].Lemma)[0]))
        {
            words[i].Idiomatic = words[i + 1].Idiomatic = true;
        }
    }

    private static bool IsKindOf(WordLexicon lexicon, int lemma, int head)
    {
        foreach (int synset in lexicon.SensesOf(lemma))
        {
            // A dog is also a sausage, but that is not what one thinks of first.
            foreach (int genus in lexicon.SensesOf(head)[..Math.Min(HeadSenses, lexicon.SensesOf(head).Length)])
            {
                if (lexicon.IsAncestor(genus, synset))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
