namespace Afterimage.Matching.Reading;

/// <summary>The closed classes of English: what ties a prompt together without being in the picture.</summary>
internal static class FunctionWords
{
    private static readonly Dictionary<string, (Tag Tag, WordKind Kind)> Closed = Build(
        (Tag.Determiner, WordKind.Function, "a an the this that these those some any each every all both either such his her its their my your our another"),
        (Tag.Pronoun, WordKind.Function, "it they he she him them i you we us me himself herself itself themselves one's someone somebody something there mine theirs"),
        (Tag.Auxiliary, WordKind.Function, "is are was were be been being am do does did can could will would shall should may might must 's"),
        (Tag.Relative, WordKind.Function, "who which what whose whom where when while as because if though although"),
        (Tag.Conjunction, WordKind.Function, "and or but nor plus then"),
        (Tag.To, WordKind.Function, "to"),
        (Tag.Adverb, WordKind.Function, "also too just very so really quite rather extremely highly incredibly super ultra extra most more much still together here"),
        (Tag.Determiner, WordKind.Function, "no"),
        (Tag.Adverb, WordKind.Function, "not never neither"),
        (Tag.Pronoun, WordKind.Function, "nobody none nothing"));

    private static readonly Dictionary<string, Place> Prepositions = BuildPlaces(
        (Place.In, "in inside within into amid among amongst during"),
        (Place.On, "on upon onto atop aboard"),
        (Place.Under, "under beneath below underneath"),
        (Place.Above, "above over"),
        (Place.Behind, "behind"),
        (Place.Near, "near beside alongside besides nearby"),
        (Place.Have, "with featuring wearing without having"),
        (Place.At, "at"),
        (Place.From, "from off"),
        (Place.To, "toward towards"),
        (Place.Of, "of depicting"),
        (Place.Path, "through across along throughout past via"),
        (Place.Up, "up"),
        (Place.Down, "down"),
        (Place.Out, "outside out"),
        (Place.Between, "between"),
        (Place.For, "for"),
        (Place.By, "by"),
        (Place.Like, "like"),
        (Place.Around, "around round"),
        (Place.Against, "against"),
        (Place.After, "after"),
        (Place.Before, "before"),
        (Place.About, "about"));

    /// <summary>Prepositions of several words; the longest is listed first where one begins another.</summary>
    private static readonly (string[] Words, Place Place)[] Phrases =
    [
        .. new (string, Place)[]
        {
            ("in front of", Place.Front), ("on top of", Place.On), ("on the top of", Place.On), ("in the middle of", Place.In), ("in the midst of", Place.In),
            ("on the left side of", Place.Left), ("on the right side of", Place.Right), ("to the left of", Place.Left), ("to the right of", Place.Right),
            ("on the left of", Place.Left), ("on the right of", Place.Right), ("next to", Place.Near), ("close to", Place.Near), ("adjacent to", Place.Near),
            ("alongside of", Place.Near), ("in close proximity to", Place.Near), ("in proximity to", Place.Near), ("by the side of", Place.Near),
            ("on the side of", Place.Near), ("at the side of", Place.Near), ("inside of", Place.In), ("outside of", Place.Out), ("out of", Place.From),
            ("off of", Place.From), ("in back of", Place.Behind), ("underneath of", Place.Under), ("along with", Place.Have), ("together with", Place.Have),
            ("accompanied by", Place.Have), ("as well as", Place.None), ("in between", Place.Between), ("side by side", Place.None),
            ("in the style of", Place.By), ("in style of", Place.By), ("such as", Place.Like), ("up to", Place.To), ("onto of", Place.On),
        }.Select(p => (p.Item1.Split(' '), p.Item2)).OrderByDescending(p => p.Item1.Length),
    ];

    private static readonly HashSet<string> Negations = new(StringComparer.Ordinal)
    {
        "no", "not", "never", "neither", "nobody", "none", "nothing", "without", "nor",
    };

    public static bool TryClosed(string word, out Tag tag, out WordKind kind)
    {
        bool found = Closed.TryGetValue(word, out (Tag Tag, WordKind Kind) entry);
        (tag, kind) = entry;
        return found;
    }

    public static bool TryPreposition(string word, out Place place) => Prepositions.TryGetValue(word, out place);

    public static bool IsNegation(string word) => Negations.Contains(word);

    /// <summary>The longest phrase that begins at <paramref name="at"/>: how many words it has (0: none) and what it says.</summary>
    public static int PhraseAt(List<Word> words, int at, out Place place)
    {
        foreach ((string[] phrase, Place says) in Phrases)
        {
            if (at + phrase.Length <= words.Count && Matches(words, at, phrase))
            {
                place = says;
                return phrase.Length;
            }
        }

        place = Place.None;
        return 0;
    }

    private static bool Matches(List<Word> words, int at, string[] phrase)
    {
        for (int i = 0; i < phrase.Length; i++)
        {
            if (words[at + i].Text != phrase[i] || words[at + i].Quoted)
            {
                return false;
            }
        }

        return true;
    }

    private static Dictionary<string, Place> BuildPlaces(params (Place Place, string Words)[] classes) =>
        classes.SelectMany(c => c.Words.Split(' '), (c, word) => (word, c.Place)).ToDictionary(p => p.word, p => p.Place, StringComparer.Ordinal);

    private static Dictionary<string, (Tag, WordKind)> Build(params (Tag Tag, WordKind Kind, string Words)[] classes)
    {
        var closed = new Dictionary<string, (Tag, WordKind)>(StringComparer.Ordinal);
        foreach ((Tag tag, WordKind kind, string words) in classes)
        {
            foreach (string word in words.Split(' '))
            {
                closed[word] = (tag, kind);
            }
        }

        return closed;
    }
}
