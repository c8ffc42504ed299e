using System.Collections.Frozen;

namespace Afterimage.Text.Lexicon;

/// <summary>What two expressions are to each other in the thesaurus.</summary>
internal enum ThesaurusRelation : byte
{
    None,

    /// <summary>Different pictures, although the words are filed or look alike: kayak, canoe.</summary>
    Contrast,

    /// <summary>Mostly said of the same picture: hold, carry.</summary>
    Near,

    /// <summary>The same picture whichever is said: couch, sofa.</summary>
    Same,
}

/// <summary>
/// The project's own list of expressions for things that can be seen, beside WordNet: same, nearly the same, and never the same (<c>thesaurus.txt</c> says the
/// format). Expressions have one to <see cref="PhraseWordsMax"/> words. Immutable and shared.
/// </summary>
internal sealed class Thesaurus
{
    /// <summary>The longest expression, in words.</summary>
    public const int PhraseWordsMax = 4;

    private const string Name = "Afterimage.Text.Lexicon.thesaurus.txt";
    private static readonly Lazy<Thesaurus> LazyShared = new(() => new Thesaurus(WordLexicon.Shared));
    private readonly FrozenDictionary<string, Entry[]> _entries;
    private readonly FrozenDictionary<string, Entry[]>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly FrozenSet<string> _openers;

    private Thesaurus(WordLexicon lexicon)
    {
        var entries = new Dictionary<string, List<Entry>>(StringComparer.Ordinal);
        var openers = new HashSet<string>(StringComparer.Ordinal);
        using Stream stream = typeof(Thesaurus).Assembly.GetManifestResourceStream(Name) ?? throw new InvalidDataException($"{Name} is not embedded");
        using var reader = new StreamReader(stream);
        for (int line = 0; reader.ReadLine() is { } text; line++)
        {
            if (text.Length == 0 || text[0] == '#')
            {
                continue;
            }

            string[] items = text[4..].Split('|', StringSplitOptions.TrimEntries);
            for (int item = 0; item < items.Length; item++)
            {
                foreach (string expression in items[item].Split('/', StringSplitOptions.TrimEntries))
                {
                    Add(lexicon, expression, new Entry(PosOf(text[0]), RelationOf(text[2]), line, item), entries, openers);
                }
            }
        }

        _entries = entries.ToFrozenDictionary(e => e.Key, e => e.Value.ToArray(), StringComparer.Ordinal);
        _lookup = _entries.GetAlternateLookup<ReadOnlySpan<char>>();
        _openers = openers.ToFrozenSet(StringComparer.Ordinal);
    }

    public static Thesaurus Shared => LazyShared.Value;

    /// <summary>One place of an expression in the list.</summary>
    /// <param name="Pos">The part of speech in which the line holds.</param>
    /// <param name="Relation">What the expressions of the line are to each other.</param>
    /// <param name="Line">The line.</param>
    /// <param name="Item">The place within the line; equal places are the same expression.</param>
    internal readonly record struct Entry(PartsOfSpeech Pos, ThesaurusRelation Relation, int Line, int Item);

    /// <summary>The places of an expression (lower case, words joined by one space); empty where it is not listed.</summary>
    public ReadOnlySpan<Entry> Find(ReadOnlySpan<char> expression) => _lookup.TryGetValue(expression, out Entry[]? entries) ? entries : [];

    /// <summary>Whether an expression of several words begins with the word.</summary>
    public bool OpensPhrase(string word) => _openers.Contains(word);

    /// <summary>What two expressions are to each other; where several lines name both, the nearest relation counts.</summary>
    public static ThesaurusRelation Relate(ReadOnlySpan<Entry> a, ReadOnlySpan<Entry> b)
    {
        var best = ThesaurusRelation.None;
        foreach (Entry x in a)
        {
            foreach (Entry y in b)
            {
                bool related = x.Line == y.Line && (x.Relation != ThesaurusRelation.Contrast || x.Item != y.Item);
                best = related && x.Relation > best ? x.Relation : best;
            }
        }

        return best;
    }

    private static void Add(WordLexicon lexicon, string expression, Entry entry, Dictionary<string, List<Entry>> entries, HashSet<string> openers)
    {
        Put(entries, expression, entry);
        int space = expression.IndexOf(' ', StringComparison.Ordinal);
        if (space > 0)
        {
            openers.Add(expression[..space]);
        }

        // "running shoes" is listed, "running shoe" is meant as well.
        int last = expression.LastIndexOf(' ') + 1;
        if (entry.Pos == PartsOfSpeech.Noun && Singular(lexicon, expression[last..]) is { } singular)
        {
            Put(entries, string.Concat(expression.AsSpan(0, last), singular), entry);
        }
    }

    private static void Put(Dictionary<string, List<Entry>> entries, string expression, Entry entry)
    {
        if (!entries.TryGetValue(expression, out List<Entry>? list))
        {
            entries[expression] = list = [];
        }

        list.Add(entry);
    }

    private static string? Singular(WordLexicon lexicon, string word)
    {
        Span<WordForm> forms = stackalloc WordForm[Morphology.FormsMax];
        foreach (WordForm form in forms[..Morphology.Analyze(lexicon, word, forms)])
        {
            if (form is { Pos: PartsOfSpeech.Noun, Inflection: Inflection.Plural })
            {
                return lexicon.LemmaText(form.Lemma);
            }
        }

        return null;
    }

    private static PartsOfSpeech PosOf(char letter) => letter switch
    {
        'n' => PartsOfSpeech.Noun,
        'v' => PartsOfSpeech.Verb,
        'a' => PartsOfSpeech.Adjective,
        'r' => PartsOfSpeech.Adverb,
        _ => throw new InvalidDataException($"{Name}: unknown part of speech {letter}"),
    };

    private static ThesaurusRelation RelationOf(char sign) => sign switch
    {
        '=' => ThesaurusRelation.Same,
        '~' => ThesaurusRelation.Near,
        '!' => ThesaurusRelation.Contrast,
        _ => throw new InvalidDataException($"{Name}: unknown relation {sign}"),
    };
}
