namespace Afterimage.Text.Lexicon;

/// <summary>From written forms to lemmas: WordNet's irregular forms first, then the regular endings, each kept only where the lexicon knows the lemma.</summary>
internal static class Morphology
{
    private static readonly (string Ending, string Base, PartsOfSpeech Pos, Inflection Inflection)[] Endings =
    [
        ("s", "", PartsOfSpeech.Noun, Inflection.Plural),
        ("es", "", PartsOfSpeech.Noun, Inflection.Plural),
        ("ies", "y", PartsOfSpeech.Noun, Inflection.Plural),
        ("ves", "f", PartsOfSpeech.Noun, Inflection.Plural),
        ("men", "man", PartsOfSpeech.Noun, Inflection.Plural),
        ("s", "", PartsOfSpeech.Verb, Inflection.ThirdPerson),
        ("es", "", PartsOfSpeech.Verb, Inflection.ThirdPerson),
        ("ies", "y", PartsOfSpeech.Verb, Inflection.ThirdPerson),
        ("ing", "", PartsOfSpeech.Verb, Inflection.Ing),
        ("ing", "e", PartsOfSpeech.Verb, Inflection.Ing),
        ("ed", "", PartsOfSpeech.Verb, Inflection.Past),
        ("ed", "e", PartsOfSpeech.Verb, Inflection.Past),
        ("ied", "y", PartsOfSpeech.Verb, Inflection.Past),
        ("er", "", PartsOfSpeech.Adjective, Inflection.Comparative),
        ("er", "e", PartsOfSpeech.Adjective, Inflection.Comparative),
        ("ier", "y", PartsOfSpeech.Adjective, Inflection.Comparative),
        ("est", "", PartsOfSpeech.Adjective, Inflection.Superlative),
        ("est", "e", PartsOfSpeech.Adjective, Inflection.Superlative),
        ("iest", "y", PartsOfSpeech.Adjective, Inflection.Superlative),
    ];

    /// <summary>Room that <see cref="Analyze"/> wants.</summary>
    public const int FormsMax = 12;

    /// <summary>
    /// Writes every reading of a lower-case word into <paramref name="forms"/> and returns how many there are; none means that the lexicon does
    /// not know the word. The word itself comes first where it is a lemma.
    /// </summary>
    public static int Analyze(WordLexicon lexicon, ReadOnlySpan<char> word, Span<WordForm> forms)
    {
        int count = 0;
        if (lexicon.Find(word) is int whole and >= 0)
        {
            AddAll(lexicon, whole, forms, ref count);
        }

        if (Confused(word) is { } meant && lexicon.Find(meant.Lemma) is int other and >= 0)
        {
            Add(new WordForm(other, meant.Pos, meant.Inflection), forms, ref count);
        }

        PartsOfSpeech irregular = PartsOfSpeech.None;
        foreach (WordForm form in lexicon.Irregular(word))
        {
            Add(form, forms, ref count);
            irregular |= form.Pos;
        }

        foreach (var (ending, @base, pos, inflection) in Endings)
        {
            if ((irregular & pos) == 0 && word.Length > ending.Length + 1 && word.EndsWith(ending, StringComparison.Ordinal))
            {
                TryRegular(lexicon, word[..^ending.Length], @base, pos, inflection, forms, ref count);
            }
        }

        return count;
    }

    // What WordNet's lists lack: "laying" is written for "lying", "people" is the plural of "person".
    private static (string Lemma, PartsOfSpeech Pos, Inflection Inflection)? Confused(ReadOnlySpan<char> word) => word switch
    {
        "lay" => ("lie", PartsOfSpeech.Verb, Inflection.None),
        "lays" => ("lie", PartsOfSpeech.Verb, Inflection.ThirdPerson),
        "laying" => ("lie", PartsOfSpeech.Verb, Inflection.Ing),
        "laid" => ("lie", PartsOfSpeech.Verb, Inflection.Past),
        "people" => ("person", PartsOfSpeech.Noun, Inflection.Plural),
        _ => null,
    };

    private static void TryRegular(
        WordLexicon lexicon, ReadOnlySpan<char> stem, ReadOnlySpan<char> ending, PartsOfSpeech pos, Inflection inflection, Span<WordForm> forms, ref int count)
    {
        if (inflection == Inflection.Plural && stem.EndsWith("s", StringComparison.Ordinal) && !stem.EndsWith("ss", StringComparison.Ordinal) && ending.IsEmpty
            && stem.Length < 4)
        {
            return;
        }

        bool degree = inflection is Inflection.Comparative or Inflection.Superlative;
        Span<char> candidate = stackalloc char[64];
        if (stem.Length + ending.Length > candidate.Length || (degree && stem.Length < 3))
        {
            return;
        }

        stem.CopyTo(candidate);
        ending.CopyTo(candidate[stem.Length..]);
        if (lexicon.Find(candidate[..(stem.Length + ending.Length)]) is int lemma and >= 0 && (lexicon.PosOf(lemma) & pos) != 0)
        {
            Add(new WordForm(lemma, pos, inflection), forms, ref count);
        }

        // "sitting" -> "sit": the consonant was doubled.
        bool doubles = ending.IsEmpty && inflection is Inflection.Ing or Inflection.Past or Inflection.Comparative or Inflection.Superlative;
        if (doubles && stem.Length > 2 && stem[^1] == stem[^2]
            && lexicon.Find(stem[..^1]) is int single and >= 0 && (lexicon.PosOf(single) & pos) != 0)
        {
            Add(new WordForm(single, pos, inflection), forms, ref count);
        }
    }

    private static void AddAll(WordLexicon lexicon, int lemma, Span<WordForm> forms, ref int count)
    {
        PartsOfSpeech parts = lexicon.PosOf(lemma);
        for (var pos = PartsOfSpeech.Noun; pos <= PartsOfSpeech.Adverb; pos = (PartsOfSpeech)((int)pos << 1))
        {
            if ((parts & pos) != 0)
            {
                Add(new WordForm(lemma, pos, Inflection.None), forms, ref count);
            }
        }
    }

    private static void Add(WordForm form, Span<WordForm> forms, ref int count)
    {
        if (count < forms.Length && !forms[..count].Contains(form))
        {
            forms[count++] = form;
        }
    }
}
