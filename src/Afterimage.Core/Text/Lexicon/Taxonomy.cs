namespace Afterimage.Text.Lexicon;

/// <summary>Asks what kind of thing a noun names, by its most frequent sense.</summary>
internal sealed class Taxonomy
{
    private const int ClimbMax = 14;
    private const int PersonTopic = 18;
    private const int AnimalTopic = 5;
    private const int GroupTopic = 14;
    private readonly WordLexicon _lexicon;
    private readonly int _clothing;
    private readonly int _bodyPart;

    private Taxonomy(WordLexicon lexicon)
    {
        _lexicon = lexicon;
        _clothing = FirstNoun("clothing");
        _bodyPart = FirstNoun("body part");
    }

    public static Taxonomy Shared { get; } = new(WordLexicon.Shared);

    /// <summary>People, animals and groups of them.</summary>
    public bool IsAnimate(int lemma) => FirstNounOf(lemma) is int synset and >= 0 && _lexicon.TopicOf(synset) is PersonTopic or AnimalTopic or GroupTopic;

    /// <summary>What one wears or has on one's body.</summary>
    public bool IsWorn(int lemma)
    {
        int synset = FirstNounOf(lemma);
        for (int step = 0; step < ClimbMax && synset >= 0; step++)
        {
            if (synset == _clothing || synset == _bodyPart)
            {
                return true;
            }

            ReadOnlySpan<int> up = _lexicon.HypernymsOf(synset);
            synset = up.IsEmpty ? -1 : up[0];
        }

        return false;
    }

    private int FirstNoun(string lemma) => FirstNounOf(_lexicon.Find(lemma));

    private int FirstNounOf(int lemma)
    {
        if (lemma < 0)
        {
            return -1;
        }

        ReadOnlySpan<int> senses = _lexicon.SensesOf(lemma);
        return !senses.IsEmpty && _lexicon.SynsetPos(senses[0]) == PartsOfSpeech.Noun ? senses[0] : -1;
    }
}
