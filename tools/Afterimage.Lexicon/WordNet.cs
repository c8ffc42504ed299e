namespace Afterimage.LexiconTool;

/// <summary>What the lexicon keeps of WordNet. Synsets are numbered in the order in which the sorted lemmas first name them.</summary>
internal sealed class WordNet
{
    public List<string> Lemmas { get; } = [];

    /// <summary>For each lemma its senses, noun senses first, each part of speech in WordNet's order of frequency.</summary>
    public List<List<Sense>> Senses { get; } = [];

    public List<Synset> Synsets { get; } = [];

    /// <summary>Irregular form, part of speech, lemma.</summary>
    public List<(string Form, int Pos, int Lemma)> Exceptions { get; } = [];

    /// <summary>Lemma pairs, each once with the smaller first.</summary>
    public SortedSet<(int, int)> Antonyms { get; } = [];

    public SortedSet<(int, int)> Derivations { get; } = [];

    /// <summary>Definitions of the form "a young dog": synset, modifiers, head.</summary>
    public List<(int Synset, int[] Modifiers, int Head)> Definitions { get; } = [];
}

/// <param name="Synset">Number of the synset.</param>
/// <param name="TagCount">How often WordNet's tagged texts use the lemma in this sense.</param>
internal sealed record Sense(int Synset, int TagCount);

internal sealed class Synset
{
    /// <summary>0 noun, 1 verb, 2 adjective, 3 adjective satellite, 4 adverb.</summary>
    public required int Pos { get; init; }

    /// <summary>WordNet's lexicographer file, 0 to 44: a coarse topic such as noun.animal or noun.food.</summary>
    public required int Topic { get; init; }

    public List<int> Hypernyms { get; } = [];

    /// <summary>Satellites and their heads, verbs of one group, adjective "see also".</summary>
    public List<int> Similar { get; } = [];

    /// <summary>The quality that an adjective gives a value of: size, age, colour.</summary>
    public List<int> Attributes { get; } = [];
}
