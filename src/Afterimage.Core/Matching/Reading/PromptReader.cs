using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Reading;

/// <summary>From the text of a prompt to words with their roles and the ties between them.</summary>
internal static class PromptReader
{
    private const int NegatedWordsMax = 5;

    public static (Tokens Tokens, Link[] Links, Word[] Dangling, Expression[] Expressions) Read(string prompt, IReadOnlyDictionary<string, string>? respelt)
    {
        WordLexicon lexicon = WordLexicon.Shared;
        Tokens tokens = Scanner.Scan(prompt);
        List<Word> words = tokens.Words;
        Respell(words, respelt);
        Framing.Strip(words);
        Unquote(words);
        Lettering.Mark(words);
        Quality.Strip(words);
        MergePhrases(words);
        for (int i = 0; i < words.Count; i++)
        {
            Classify(lexicon, words[i]);
            OpenCan(lexicon, words, i);
            OpenRelative(words, i);
            OpenDirection(words, i);
        }

        Tagger.Run(lexicon, words);
        JoinCoordinates(words);
        CompoundParticiples.Join(words);
        Expression[] expressions = Concepts.Find(lexicon, words);
        MarkCollectives(words);
        CloseRoles(words);
        for (int i = 0; i < words.Count; i++)
        {
            if (words[i].IsContent)
            {
                words[i].Weight = LightWords.WeightOf(words[i], i > 0 ? words[i - 1] : null, i + 1 < words.Count ? words[i + 1] : null);
            }
        }

        ScopeNegations(words);
        words.ForEach(w => Privatives.Read(lexicon, w));
        (Link[] links, Word[] dangling) = Syntax.Read(words);
        return (tokens, links, dangling, expressions);
    }

    // "a cat as a king" gives a role, "as a man walks by" opens a clause: there a verb follows.
    private static void CloseRoles(List<Word> words)
    {
        for (int i = 0; i + 1 < words.Count; i++)
        {
            if (words[i] is not { Text: "as", Tag: Tag.Preposition })
            {
                continue;
            }

            int end = i + 1;
            while (end < words.Count && words[end].Tag is not (Tag.Break or Tag.Preposition or Tag.Verb or Tag.Auxiliary or Tag.Relative))
            {
                end++;
            }

            if (words[i + 1].Tag == Tag.Pronoun || (end < words.Count && words[end].Tag is Tag.Verb or Tag.Auxiliary))
            {
                (words[i].Tag, words[i].Kind, words[i].Place) = (Tag.Relative, WordKind.Function, Place.None);
            }
        }
    }

    // "a tired, muddy player": this comma parts nothing. Without the article, each may be a tag of its own.
    private static void JoinCoordinates(List<Word> words)
    {
        for (int i = 2; i + 2 < words.Count; i++)
        {
            if (words[i] is not { Tag: Tag.Break, Text: "," } || ArticleBefore(words, i - 1) is not { } article || !LeadsToNoun(words, i + 1, article))
            {
                continue;
            }

            int phrase = words[i + 1].Phrase;
            for (int k = i + 1; k < words.Count && words[k].Phrase == phrase; k++)
            {
                words[k].Phrase = words[i - 1].Phrase;
            }

            words.RemoveAt(i--);
        }
    }

    private static Word? ArticleBefore(List<Word> words, int last)
    {
        int i = last;
        while (i > 0 && MayDescribe(words[i]))
        {
            i--;
        }

        return i < last && words[i].Tag == Tag.Determiner ? words[i] : null;
    }

    private static bool LeadsToNoun(List<Word> words, int first, Word article)
    {
        int i = first;
        while (i < words.Count - 1 && (MayDescribe(words[i]) || (words[i] is { Tag: Tag.Break, Text: "," } && i > first && words[i - 1].Tag != Tag.Break)))
        {
            i++;
        }

        return i > first && words[i].Tag == Tag.Noun && words[i - 1].Tag != Tag.Break && !(article.Text is "a" or "an" && words[i].Plural == true);
    }

    private static bool MayDescribe(Word word) => word.Tag is Tag.Adjective or Tag.Participle or Tag.Ing && !word.Quoted;

    private static void MarkCollectives(List<Word> words)
    {
        for (int i = 0; i + 1 < words.Count; i++)
        {
            words[i].Collective = words[i] is { Tag: Tag.Noun, Quoted: false } && words[i + 1] is { Tag: Tag.Preposition, Text: "of" }
                && Taxonomy.Shared.IsCollective(words[i].Lemma);
        }
    }

    private static void Respell(List<Word> words, IReadOnlyDictionary<string, string>? respelt)
    {
        for (int i = 0; respelt is not null && i < words.Count; i++)
        {
            Word word = words[i];
            if (word.Kind == WordKind.Content && !word.Quoted && respelt.TryGetValue(word.Text, out string? text))
            {
                words[i] = Replacement(text, word);
            }
        }
    }

    private static Word Replacement(string text, Word word) => new(text)
    {
        Kind = WordKind.Content,
        Phrase = word.Phrase,
        Sentence = word.Sentence,
        Joined = word.Joined,
        Quoted = word.Quoted,
        Negated = word.Negated,
        Emphasis = word.Emphasis,
    };

    // Quotation marks around the whole prompt quote nothing.
    private static void Unquote(List<Word> words)
    {
        int quoted = words.Count(w => w.Quoted);
        if (quoted > 2 && words.TrueForAll(w => w.Quoted || w.Kind is WordKind.Function or WordKind.Break))
        {
            words.ForEach(w => w.Quoted = false);
        }
    }

    // "a can on a table", "a soda can,": without a verb after it, it is the thing.
    private static void OpenCan(WordLexicon lexicon, List<Word> words, int i)
    {
        bool ends = i > 1 && words[i].Tag is Tag.Break or Tag.Preposition or Tag.Conjunction;
        int can = ends ? i - 1 : i;
        if (can > 0 && words[can] is { Text: "can" or "cans", Tag: Tag.Auxiliary } && (ends || i == words.Count - 1) && (words[can - 1].Kind is WordKind.Content or WordKind.Opaque || words[can - 1].Tag == Tag.Determiner))
        {
            words[can].Kind = WordKind.Content;
            words[can].Tag = default;
            Analyze(lexicon, words[can]);
        }
    }

    // "away to the sea": before a noun phrase "to" is a preposition, before a verb it is not.
    private static void OpenDirection(List<Word> words, int i)
    {
        if (i > 0 && words[i - 1].Tag == Tag.To && words[i].Tag == Tag.Determiner)
        {
            (words[i - 1].Tag, words[i - 1].Kind, words[i - 1].Place) = (Tag.Preposition, WordKind.Relation, Place.To);
        }
    }

    // "a package that contains headphones"
    private static void OpenRelative(List<Word> words, int i)
    {
        if (i > 1 && words[i - 1].Text is "that" && words[i - 2].Kind == WordKind.Content
            && (words[i].Tag == Tag.Auxiliary || Array.Exists(words[i].Forms, f => f.Pos == PartsOfSpeech.Verb)))
        {
            words[i - 1].Tag = Tag.Relative;
        }
    }

    // "in front of" and "a couple of" become one word.
    private static void MergePhrases(List<Word> words)
    {
        int to = 0;
        for (int i = 0; i < words.Count;)
        {
            int length = FunctionWords.PhraseAt(words, i, out Place place);
            bool closeUp = length == 0 && i + 1 < words.Count && !words[i + 1].Quoted && (words[i].Text, words[i + 1].Text) is ("close", "up" or "view" or "shot") or ("up", "close");
            if (length == 0 && (IsOnePiece(words, i) || IsElsewhere(words, i)))
            {
                words[to++] = Replacement($"{words[i].Text} {words[i + 1].Text}", words[i]);
                i += 2;
                continue;
            }

            if (closeUp || words[i].Text is "closeup")
            {
                words[to++] = Replacement("close up", words[i]);
                i += closeUp ? 2 : 1;
                continue;
            }

            double counted = 0;
            bool group = length == 0 && i + 1 < words.Count && words[i + 1].Text == "of" && NumberWords.TryGroup(words[i].Text, out counted);
            if (length == 0 && !group)
            {
                words[to++] = words[i++];
                continue;
            }

            length = group ? 2 : length;
            words[to++] = new Word(string.Join(' ', words.Skip(i).Take(length).Select(w => w.Text)))
            {
                Kind = group ? WordKind.Number : place == Place.None ? WordKind.Function : WordKind.Relation,
                Tag = group ? Tag.Number : place == Place.None ? Tag.Conjunction : Tag.Preposition,
                Value = counted,
                Place = place,
                Phrase = words[i].Phrase,
                Sentence = words[i].Sentence,
                Emphasis = words[i].Emphasis,
                Negated = words[i].Negated,
            };
            words[to - 1].Negates = FunctionWords.IsNegation(words[to - 1].Text);
            i += length;
        }

        words.RemoveRange(to, words.Count - to);
    }

    // The series and its look, as prompts name it: "luffy, one piece"; "one piece of cake" is a portion and "one piece swimsuit" a cut.
    private static bool IsOnePiece(List<Word> words, int i) =>
        words[i].Text == "one" && i + 1 < words.Count && words[i + 1] is { Text: "piece", Quoted: false } && (i + 2 == words.Count || words[i + 2].Kind == WordKind.Break || words[i + 2].Text == "'s");

    // "a map of another world" shows none of this one.
    private static bool IsElsewhere(List<Word> words, int i) =>
        words[i].Text == "another" && i + 1 < words.Count && words[i + 1] is { Text: "world" or "planet" or "dimension" or "universe" or "realm", Quoted: false };

    private static void Classify(WordLexicon lexicon, Word word)
    {
        switch (word.Kind)
        {
            case WordKind.Break:
                word.Tag = Tag.Break;
                return;
            case WordKind.Number:
                word.Tag = Tag.Number;
                return;
            case WordKind.Opaque:
                word.Tag = Tag.Noun;
                return;
            case not WordKind.Content:
                word.Tag = word.Kind == WordKind.Function && word.Tag == default ? Tag.Auxiliary : word.Tag;
                return;
        }

        if (!word.Quoted && TryClassifyClosed(word))
        {
            return;
        }

        Analyze(lexicon, word);
    }

    private static void Analyze(WordLexicon lexicon, Word word)
    {
        Span<WordForm> forms = stackalloc WordForm[Morphology.FormsMax];
        word.Forms = forms[..Morphology.Analyze(lexicon, word.Text, forms)].ToArray();
    }

    private static bool TryClassifyClosed(Word word)
    {
        word.Negates = FunctionWords.IsNegation(word.Text);
        if (NumberWords.TryOrdinal(word.Text, out string? ordinal))
        {
            (word.Kind, word.Tag, word.Ordinal) = (WordKind.Number, Tag.Number, ordinal);
            return true;
        }

        if (NumberWords.TryParse(word.Text, out double value))
        {
            (word.Kind, word.Tag, word.Value) = (WordKind.Number, Tag.Number, value);
            return true;
        }

        if (FunctionWords.TryClosed(word.Text, out Tag tag, out WordKind kind))
        {
            (word.Tag, word.Kind) = (tag, kind);
            return true;
        }

        if (FunctionWords.TryPreposition(word.Text, out Place place))
        {
            (word.Tag, word.Kind, word.Place) = (Tag.Preposition, WordKind.Relation, place);
            return true;
        }

        return false;
    }

    // From the negation to the end of the phrase it governs.
    private static void ScopeNegations(List<Word> words)
    {
        for (int cue = 0; cue < words.Count; cue++)
        {
            if (!words[cue].Negates)
            {
                continue;
            }

            int marked = 0;
            for (int i = cue + 1; i < words.Count && marked < NegatedWordsMax; i++)
            {
                Word word = words[i];
                bool ends = word.Tag is Tag.Break or Tag.Relative || word.Text is "and" or "but"
                    || (word.Tag == Tag.Preposition && word.Place != Place.Of && marked > 0);
                if (ends)
                {
                    break;
                }

                if (word.IsContent)
                {
                    word.Negated = true;
                    marked++;
                }
            }
        }
    }
}
