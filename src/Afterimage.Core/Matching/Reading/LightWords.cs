namespace Afterimage.Matching.Reading;

/// <summary>Words that say little about the picture in most places where they stand, and words that act like prepositions.</summary>
internal static class LightWords
{
    private static readonly HashSet<string> Possession = Set(
        "has have had having contains contain containing contained includes include including features feature featuring holds hold holding wears wear wearing "
        + "carries carry carrying accommodates accommodate accommodating houses bears supports boasts possesses");

    private static readonly HashSet<string> Colors = Set(
        "red green blue yellow orange purple pink brown black white gray grey beige tan gold golden silver violet turquoise cyan magenta crimson maroon teal");

    private static readonly HashSet<string> Quantities = Set("several many few numerous multiple various some all both");
    private static readonly HashSet<string> Being = Set("has have had having show shown shows showing see seen present exist exists appear appears visible use uses using used");

    private static readonly HashSet<string> Postures = Set("sit sits sitting seated stand stands standing lie lies lying lay lays laying kneel kneels kneeling crouching squatting");

    private static readonly HashSet<string> Composition = Set("made dyed filled covered topped shaped adorned");

    private static readonly HashSet<string> Arranged = Set(
        "parked seated perched placed positioned mounted hung laid left kept stacked piled gathered displayed arranged set situated located docked moored lined posed found held attached nestled sat "
        + "stood spread scattered installed built shown seen standing sitting lying resting served made filled covered topped shaped adorned");

    private static readonly Dictionary<string, float> Weights = Build(
        (0.12f, "position positioned positioning locate located situate situated place placed placing show shown shows showing display displayed displays displaying "
            + "feature features featuring featured see seen sees contain contains containing present appear appears appearing seem seems have has having had include includes including "
            + "doing depict depicts depicted depicting get gets getting exist exists visible wear wears wearing wore made dyed adorned adorn adorns worn served shaped topped filled covered colored engaged gathered picture pictured photographed view viewed use uses using used"),
        (0.12f, "very really highly quite various several many some numerous multiple few image picture color colored colour coloured "
            + "engaged currently certain kind type sort"),
        (0.5f, "photo photograph"),
        (0.3f, "sit sits sitting sat seated stand stands standing stood lie lies lying lay lays laying rest rests resting rested stay stays set sets arranged "
            + "scene area air side piece part thing things item items object objects middle center centre body background way front set pair both close closely"));

    private const float PraiseWeight = 0.04f;

    public static bool IsPossession(string word) => Possession.Contains(word);

    private static bool IsView(string word) => word is "side" or "front" or "back" or "top" or "background" or "color" or "colour";

    /// <summary>Things that show something else.</summary>
    public static bool IsPicture(string word) => word is "picture" or "photo" or "photograph" or "image" or "painting" or "drawing" or "portrait" or "statue" or "sculpture"
        or "sketch" or "poster" or "print" or "tattoo" or "mural" or "figurine" or "mask" or "shadow" or "reflection" or "silhouette";

    /// <summary>What the whole picture may be said to be.</summary>
    public static bool IsMedium(string word) => word is "painting" or "drawing" or "sketch" or "art" or "artwork" or "illustration" or "render" or "rendering" or "photo" or "photograph"
        or "linocut" or "woodcut" or "etching" or "engraving" or "lithograph" or "screenprint" or "watercolor" or "watercolour" or "gouache" or "polaroid" or "daguerreotype" or "cartoon" or "caricature" or "screenshot";

    /// <summary>What is contained is inside: "the sink contains a cat" is "a cat in the sink".</summary>
    public static bool IsContaining(string word) => word is "contain" or "contains" or "containing" or "contained" or "houses" or "encloses";

    /// <summary>Verbs of possession that hands do.</summary>
    public static bool IsHandling(string word) => word is "hold" or "holds" or "holding" or "held" or "carry" or "carries" or "carrying";

    public static bool IsColor(Word word) => Colors.Contains(word.Text);

    /// <summary>How much the picture changes when the word goes, 0 to 1.</summary>
    /// <param name="before">The word before it, or null.</param>
    /// <param name="after">The word after it, or null.</param>
    public static float WeightOf(Word word, Word? before, Word? after)
    {
        if (word.Praise)
        {
            return PraiseWeight;
        }

        if (word.Quoted || word.Kind == WordKind.Opaque)
        {
            return 1;
        }

        if (word.Kind == WordKind.Number)
        {
            return word.Value != 1 || word.Ordinal is not null ? 1 : word.Text is "one" or "1" ? 0.15f : 0.7f;
        }

        if (word.Text is "colored" or "coloured" && !(before is not null && IsColor(before)))
        {
            return 0.7f;
        }

        if (word.Text == "close up" || (after?.Tag == Tag.Noun && IsView(word.Text)))
        {
            return 0.8f;
        }

        // "paint on the body", where "a full body portrait" says no more than "full"
        if (word.Text == "body" && before is { Tag: Tag.Determiner })
        {
            return 0.7f;
        }

        // "worn down", "on set", where "worn by a man" and "set on a table" only say where.
        if ((word.Text == "worn" && after is { Text: "down" or "out" }) || word is { Text: "set", Tag: Tag.Noun, Collective: false })
        {
            return 0.7f;
        }

        // "windows xp background", where "in the background" only says where
        if (word.Text == "background" && before is { Tag: Tag.Noun })
        {
            return 0.7f;
        }

        // "a piece of cake" is not the whole.
        if (word is { Collective: true, Text: "piece" or "slice" or "chunk" or "half" })
        {
            return 0.5f;
        }

        // "extremely long hair", where "extremely detailed" only asks for quality
        if (word.Text == "extremely")
        {
            return after is null || Quality.IsPraise(after.Text) ? 0.12f : 0.65f;
        }

        if (Weights.TryGetValue(word.Text, out float weight))
        {
            return weight;
        }

        return word.Tag switch
        {
            Tag.Noun when word.Collective => word.Text is "pairs" or "halves" or "quarters" ? 1 : 0.15f,
            Tag.Noun => 1,
            Tag.Adjective => 0.8f,
            Tag.Adverb => 0.65f,
            _ => 0.7f,
        };
    }

    /// <summary>Young, little, small: said alike of a child.</summary>
    public static bool IsYouth(string word) => word is "young" or "little" or "small";

    /// <summary>How somebody holds the body; with a place after it ("standing in") it says little.</summary>
    public static bool IsPosture(string word) => Postures.Contains(word);

    /// <summary>Such a posture other than standing.</summary>
    public static bool IsLowPosture(string word) => Postures.Contains(word) && !word.StartsWith("stand", StringComparison.Ordinal);

    /// <summary>Says what something consists of or bears; each of them says something else.</summary>
    public static bool IsComposition(string word) => Composition.Contains(word);

    /// <summary>Participles that say no more than the preposition after them: parked on, hung above.</summary>
    public static bool IsArranged(string word) => Arranged.Contains(word);

    /// <summary>Verbs that only say that something is there.</summary>
    public static bool IsBeing(string word) => Being.Contains(word);

    /// <summary>Words for no exact number: several, many.</summary>
    public static bool IsQuantity(Word word) => Quantities.Contains(word.Text);

    private static HashSet<string> Set(string words) => new(words.Split(' '), StringComparer.Ordinal);

    private static Dictionary<string, float> Build(params (float Weight, string Words)[] classes)
    {
        var weights = new Dictionary<string, float>(StringComparer.Ordinal);
        foreach ((float weight, string words) in classes)
        {
            foreach (string word in words.Split(' '))
            {
                weights.TryAdd(word, weight);
            }
        }

        return weights;
    }
}
