using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>Roots of WordNet whose different kinds exclude each other: a dog is not a cat, dusk is not noon. Found by climbing hypernyms.</summary>
internal sealed class ExclusionClasses
{
    private const int ClimbMax = 14;

    private static readonly (string Name, string Lemma, int Sense)[] Roots =
    [
        ("color", "chromatic color", 0), ("color", "achromatic color", 0), ("animal", "animal", 0), ("time of day", "time of day", 0), ("season", "season", 1),
        ("season", "season", 0), ("person", "person", 0), ("vehicle", "vehicle", 0), ("instrument", "musical instrument", 0), ("clothing", "clothing", 0),
        ("food", "food", 0), ("food", "food", 1), ("building", "building", 0), ("furniture", "furniture", 0), ("plant", "plant", 1), ("weather", "weather", 0),
        ("material", "material", 0), ("city", "city", 0), ("country", "country", 1), ("shape", "shape", 1), ("direction", "direction", 0), ("place", "location", 0),
        ("place", "geological formation", 0), ("place", "body of water", 0), ("body part", "body part", 0), ("device", "device", 0), ("container", "container", 0),
        ("weapon", "weapon", 0), ("sport", "sport", 0), ("art", "art", 0), ("structure", "structure", 0), ("object", "artifact", 0), ("feeling", "feeling", 0),
    ];

    private readonly Dictionary<int, string> _names = [];

    private ExclusionClasses(WordLexicon lexicon)
    {
        foreach ((string name, string lemma, int sense) in Roots)
        {
            int id = lexicon.Find(lemma);
            int at = 0;
            foreach (int synset in id < 0 ? [] : lexicon.SensesOf(id))
            {
                if (lexicon.SynsetPos(synset) == PartsOfSpeech.Noun && at++ == sense)
                {
                    _names.TryAdd(synset, name);
                }
            }
        }
    }

    public static ExclusionClasses Shared { get; } = new(WordLexicon.Shared);

    public string? NameOf(WordLexicon lexicon, Word a, Word b, float shareMin)
    {
        Span<(int Synset, float Share)> sensesA = stackalloc (int, float)[12];
        Span<(int Synset, float Share)> sensesB = stackalloc (int, float)[12];
        sensesA = sensesA[..NounSenses(lexicon, a, sensesA)];
        sensesB = sensesB[..NounSenses(lexicon, b, sensesB)];
        foreach ((int s, float p) in sensesA)
        {
            foreach ((int t, float q) in sensesB)
            {
                if (p >= shareMin && q >= shareMin && s != t && RootOf(lexicon, s) is { } root && root == RootOf(lexicon, t)
                    && !lexicon.IsAncestor(s, t) && !lexicon.IsAncestor(t, s))
                {
                    return root;
                }
            }
        }

        return null;
    }

    private static int NounSenses(WordLexicon lexicon, Word word, Span<(int, float)> into)
    {
        foreach (WordForm form in word.Forms)
        {
            if (form.Pos == PartsOfSpeech.Noun)
            {
                return Senses.Shares(lexicon, form, into);
            }
        }

        return 0;
    }

    private string? RootOf(WordLexicon lexicon, int synset)
    {
        for (int step = 0; step < ClimbMax; step++)
        {
            if (_names.TryGetValue(synset, out string? name))
            {
                return name;
            }

            ReadOnlySpan<int> up = lexicon.HypernymsOf(synset);
            if (up.IsEmpty)
            {
                return null;
            }

            synset = up[0];
        }

        return null;
    }
}
