namespace Afterimage.Text.Lexicon;

/// <summary>
/// What the engine knows of English words, from WordNet 3.0: lemmas, senses with their frequency, hypernyms, similar adjectives, antonyms,
/// derivations. Immutable and shared; loaded on first use in some ten milliseconds. Antonyms and derivations join lemmas, the rest joins synsets.
/// </summary>
internal sealed class WordLexicon
{
    private static readonly Lazy<WordLexicon> LazyShared = new(() => new WordLexicon());
    private static readonly PartsOfSpeech[] PosOfNumber =
        [PartsOfSpeech.Noun, PartsOfSpeech.Verb, PartsOfSpeech.Adjective, PartsOfSpeech.Adjective, PartsOfSpeech.Adverb];

    private readonly LemmaTable _lemmas;
    private readonly int[] _senseStarts;
    private readonly int[] _senses;
    private readonly byte[] _tags;
    private readonly PartsOfSpeech[] _lemmaPos;
    private readonly PartsOfSpeech[] _synsetPos;
    private readonly byte[] _topics;
    private readonly Rows _hypernyms;
    private readonly Rows _similar;
    private readonly Rows _attributes;
    private readonly Dictionary<string, WordForm[]> _irregular;
    private readonly long[] _antonyms;
    private readonly long[] _derivations;
    private readonly Dictionary<int, Definition> _definitions = [];

    private WordLexicon()
    {
        LexiconResource resource = LexiconResource.Open();
        _lemmas = LemmaTable.Read(ref resource);
        _senseStarts = new int[_lemmas.Count + 1];
        _senses = new int[resource.Varint()];
        _tags = new byte[_senses.Length];
        ReadSenses(ref resource);
        int synsets = resource.Varint();
        _synsetPos = new PartsOfSpeech[synsets];
        ReadOnlySpan<byte> numbers = resource.Bytes(synsets);
        for (int i = 0; i < synsets; i++)
        {
            _synsetPos[i] = PosOfNumber[numbers[i]];
        }

        _topics = resource.Bytes(synsets).ToArray();
        _hypernyms = Rows.Read(ref resource, synsets);
        _similar = Rows.Read(ref resource, synsets);
        _attributes = Rows.Read(ref resource, synsets);
        _lemmaPos = new PartsOfSpeech[_lemmas.Count];
        for (int lemma = 0; lemma < _lemmaPos.Length; lemma++)
        {
            foreach (int synset in SensesOf(lemma))
            {
                _lemmaPos[lemma] |= _synsetPos[synset];
            }
        }

        _irregular = ReadIrregular(ref resource);
        _antonyms = ReadPairs(ref resource);
        _derivations = ReadPairs(ref resource);
        ReadDefinitions(ref resource);
    }

    /// <summary>"A young dog": the synset's meaning as modifiers of a head.</summary>
    internal readonly record struct Definition(int Head, int[] Modifiers);

    public static WordLexicon Shared => LazyShared.Value;

    public int LemmaCount => _lemmas.Count;

    public int SynsetCount => _synsetPos.Length;

    /// <summary>The number of a lemma as written (lower case, words of a compound joined by a space), or -1.</summary>
    public int Find(ReadOnlySpan<char> lemma) => _lemmas.Find(lemma);

    public string LemmaText(int lemma) => _lemmas.Text(lemma);

    /// <summary>All parts of speech in which the lemma has a sense.</summary>
    public PartsOfSpeech PosOf(int lemma) => _lemmaPos[lemma];

    /// <summary>The lemma's synsets: nouns first, then verbs, adjectives, adverbs, each by falling frequency.</summary>
    public ReadOnlySpan<int> SensesOf(int lemma) => _senses.AsSpan(_senseStarts[lemma], _senseStarts[lemma + 1] - _senseStarts[lemma]);

    /// <summary>For each of <see cref="SensesOf"/>, 20 * log2(1 + uses in WordNet's tagged texts), at most 255.</summary>
    public ReadOnlySpan<byte> TagsOf(int lemma) => _tags.AsSpan(_senseStarts[lemma], _senseStarts[lemma + 1] - _senseStarts[lemma]);

    public PartsOfSpeech SynsetPos(int synset) => _synsetPos[synset];

    /// <summary>WordNet's lexicographer file of the synset, 0 to 44: 5 is noun.animal, 13 noun.food (lexnames(5WN)).</summary>
    public int TopicOf(int synset) => _topics[synset];

    /// <summary>Direct hypernyms; for instances (cities, people) their class.</summary>
    public ReadOnlySpan<int> HypernymsOf(int synset) => _hypernyms[synset];

    /// <summary>An adjective's cluster neighbours or a verb's group.</summary>
    public ReadOnlySpan<int> SimilarTo(int synset) => _similar[synset];

    /// <summary>The qualities (noun synsets) that an adjective synset is a value of.</summary>
    public ReadOnlySpan<int> AttributesOf(int synset) => _attributes[synset];

    /// <summary>Whether one synset is the other or lies above it, by first hypernyms.</summary>
    public bool IsAncestor(int ancestor, int synset)
    {
        const int ClimbMax = 14;
        for (int step = 0; step < ClimbMax; step++)
        {
            if (synset == ancestor)
            {
                return true;
            }

            ReadOnlySpan<int> up = HypernymsOf(synset);
            if (up.IsEmpty)
            {
                return false;
            }

            synset = up[0];
        }

        return false;
    }

    public bool AreAntonyms(int lemma, int other) => Array.BinarySearch(_antonyms, Key(lemma, other)) >= 0;

    public bool AreDerived(int lemma, int other) => Array.BinarySearch(_derivations, Key(lemma, other)) >= 0;

    /// <summary>The synset's meaning as "modifiers head", where WordNet defines it so.</summary>
    public bool TryGetDefinition(int synset, out Definition definition) => _definitions.TryGetValue(synset, out definition);

    /// <summary>Irregular readings of a form: "mice" is the plural of mouse.</summary>
    public ReadOnlySpan<WordForm> Irregular(ReadOnlySpan<char> form) =>
        _irregular.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(form, out WordForm[]? forms) ? forms : [];

    private static long Key(int a, int b) => a < b ? ((long)a << 32) | (uint)b : ((long)b << 32) | (uint)a;

    private void ReadSenses(ref LexiconResource resource)
    {
        int next = 0;
        int at = 0;
        for (int lemma = 0; lemma < _lemmas.Count; lemma++)
        {
            for (int rest = resource.Varint(); rest > 0; rest--, at++)
            {
                int back = resource.Varint();
                int synset = back == 0 ? next++ : next - back;
                _senses[at] = synset;
                _tags[at] = resource.Byte();
            }

            _senseStarts[lemma + 1] = at;
        }
    }

    private static Dictionary<string, WordForm[]> ReadIrregular(ref LexiconResource resource)
    {
        int count = resource.Varint();
        var forms = new Dictionary<string, WordForm[]>(count, StringComparer.Ordinal);
        string last = "";
        for (int i = 0; i < count; i++)
        {
            int shared = resource.Byte();
            last = string.Concat(last.AsSpan(0, shared), System.Text.Encoding.ASCII.GetString(resource.Bytes(resource.Byte())));
            PartsOfSpeech pos = PosOfNumber[resource.Byte()];
            Inflection inflection = pos switch
            {
                PartsOfSpeech.Noun => Inflection.Plural,
                PartsOfSpeech.Verb => last.EndsWith("ing", StringComparison.Ordinal) ? Inflection.Ing
                    : last.EndsWith('s') ? Inflection.ThirdPerson : Inflection.Past,
                _ => last.EndsWith("st", StringComparison.Ordinal) ? Inflection.Superlative : Inflection.Comparative,
            };
            var form = new WordForm(resource.Varint(), pos, inflection);
            forms[last] = forms.TryGetValue(last, out WordForm[]? known) ? [.. known, form] : [form];
        }

        return forms;
    }

    private static long[] ReadPairs(ref LexiconResource resource)
    {
        long[] pairs = new long[resource.Varint()];
        int last = 0;
        for (int i = 0; i < pairs.Length; i++)
        {
            last += resource.Varint();
            pairs[i] = Key(last, last + resource.Varint());
        }

        return pairs;
    }

    private void ReadDefinitions(ref LexiconResource resource)
    {
        int synset = 0;
        for (int rest = resource.Varint(); rest > 0; rest--)
        {
            synset += resource.Varint();
            int head = resource.Varint();
            int[] modifiers = new int[resource.Varint()];
            for (int i = 0; i < modifiers.Length; i++)
            {
                modifiers[i] = resource.Varint();
            }

            _definitions[synset] = new Definition(head, modifiers);
        }
    }
}
