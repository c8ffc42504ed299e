namespace Afterimage.Matching.Reading;

/// <summary>The closed classes of English: what ties a prompt together without being in the picture.</summary>
internal static class FunctionWords
{
    private static readonly Dictionary<string, (Tag Tag, WordKind Kind)> Closed = Build(
        (Tag.Determiner, WordKind.Function, "a an the this that these those some any each every all both either such his her its their my your our another"),
        (Tag.Pronoun, WordKind.Function, "it they he she him them i we himself herself itself themselves one's something there mine theirs"),
        (Tag.Auxiliary, WordKind.Function, "is are was were be been being am do does did can could will would shall should may might must 's"),
        (Tag.Relative, WordKind.Function, "who which what whose whom where when while because if though although"),
        (Tag.Conjunction, WordKind.Function, "and or but nor plus then"),
        (Tag.To, WordKind.Function, "to"),
        (Tag.Adverb, WordKind.Function, "also too just very so really quite rather highly incredibly most more much still together here"),
        (Tag.Pronoun, WordKind.Content, "you me us"),
        (Tag.Determiner, WordKind.Function, "no"),
        (Tag.Adverb, WordKind.Function, "not never neither"),
        (Tag.Pronoun, WordKind.Function, "nobody none nothing"));

    private static readonly Dictionary<string, Place> Prepositions = BuildPlaces(
        (Place.In, "in inside indoors within into amid among amongst during"),
        (Place.On, "on upon onto aboard"),
        (Place.Top, "atop"),
        (Place.Under, "under beneath below underneath"),
        (Place.Above, "above over"),
        (Place.Behind, "behind"),
        (Place.Near, "near beside alongside besides nearby"),
        (Place.Have, "with without"),
        (Place.At, "at"),
        (Place.From, "from off"),
        (Place.To, "toward towards"),
        (Place.Of, "of depicting"),
        (Place.Path, "through throughout via"),
        (Place.Across, "across"),
        (Place.Along, "along"),
        (Place.Up, "up"),
        (Place.Down, "down"),
        (Place.Out, "outside out outdoors"),
        (Place.Between, "between"),
        (Place.For, "for"),
        (Place.By, "by past"),
        (Place.As, "as"),
        (Place.Than, "than"),
        (Place.Like, "like"),
        (Place.Around, "around"),
        (Place.Against, "against"),
        (Place.After, "after"),
        (Place.Before, "before"),
        (Place.About, "about"));

    /// <summary>Prepositions of several words, written without articles; the longest is listed first where one begins another.</summary>
    private static readonly (string[] Words, Place Place)[] Phrases =
    [
        .. new (string, Place)[]
        {
            ("in front of", Place.Front), ("on top of", Place.Top), ("in middle of", Place.In), ("in midst of", Place.In), ("in to", Place.In),
            ("on left side of", Place.Left), ("on right side of", Place.Right), ("to left of", Place.Left), ("to right of", Place.Right),
            ("on left of", Place.Left), ("on right of", Place.Right), ("far away from", Place.Far), ("far from", Place.Far), ("away from", Place.Away),
            ("across from", Place.Front), ("next to", Place.Near), ("close to", Place.Near), ("adjacent to", Place.Near),
            ("alongside of", Place.Near), ("in close proximity to", Place.Near), ("in proximity to", Place.Near), ("by side of", Place.Near),
            ("at side of", Place.Near), ("inside of", Place.In), ("outside of", Place.Out), ("out of", Place.From),
            ("off of", Place.From), ("in back of", Place.Behind), ("underneath of", Place.Under), ("along with", Place.Have), ("together with", Place.Have),
            ("accompanied by", Place.Have), ("as well as", Place.None), ("in between", Place.Between), ("side by side", Place.None), ("instead of", Place.None), ("rather than", Place.None), ("free of", Place.None), ("free from", Place.None),
            ("devoid of", Place.None), ("empty of", Place.None), ("bare of", Place.None), ("except for", Place.None),
            ("in style of", Place.By), ("such as", Place.Like), ("up to", Place.To), ("on to", Place.On),
        }.Select(p => (p.Item1.Split(' '), p.Item2)).OrderByDescending(p => p.Item1.Length),
    ];

    private static readonly HashSet<string> Negations = new(StringComparer.Ordinal)
    {
        "no", "not", "never", "neither", "nobody", "none", "nothing", "without", "nor", "instead of", "rather than", "free of", "free from", "devoid of", "empty of", "bare of",
        "except", "except for", "lacking", "lacks", "minus", "sans",
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
            if (words[at].Text == phrase[0] && Matches(words, at, phrase) is int length and > 0)
            {
                place = says;
                return length;
            }
        }

        place = Place.None;
        return 0;
    }

    // How many words the phrase takes here; "the" within it may be there or not.
    private static int Matches(List<Word> words, int at, string[] phrase)
    {
        int i = at;
        foreach (string part in phrase)
        {
            i += i > at && i < words.Count && words[i].Text is "the" or "a" ? 1 : 0;
            if (i >= words.Count || words[i].Text != part || words[i].Quoted)
            {
                return 0;
            }

            i++;
        }

        return i - at;
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
