namespace Afterimage.Text.Lexicon;

/// <summary>Asks what kind of thing a noun names, by its most frequent sense.</summary>
internal sealed class Taxonomy
{
    private const int ClimbMax = 14;
    private const int PersonTopic = 18;
    private const int AnimalTopic = 5;
    private const int GroupTopic = 14;
    private const int QuantityTopic = 23;
    private const int FoodTopic = 13;
    private const int TimeTopic = 28;
    private const int BodyTopic = 8;
    private const int SubstanceTopic = 27;
    private const int FrequentSenses = 2;
    private readonly WordLexicon _lexicon;
    private readonly int _clothing;
    private readonly int _bodyPart;
    private readonly int _portion;
    private readonly int _container;
    private readonly int _group;
    private readonly int _person;
    private readonly int _animal;
    private readonly int _furniture;
    private readonly int _vehicle;
    private readonly int _water;
    private readonly int[] _places;
    private readonly int[] _attire;

    private Taxonomy(WordLexicon lexicon)
    {
        _lexicon = lexicon;
        _clothing = FirstNoun("clothing");
        _bodyPart = FirstNoun("body part");
        _group = FirstNoun("group");
        _person = FirstNoun("person");
        _animal = FirstNoun("animal");
        _furniture = FirstNoun("furniture");
        _vehicle = FirstNoun("vehicle");
        _container = FirstNoun("container");
        _water = FirstNoun("body of water");
        _places = [FirstNoun("location"), FirstNoun("geological formation"), _water, FirstNoun("land"), FirstNoun("road"), FirstNoun("structure"), FirstNoun("facility"), FirstNoun("room")];
        _attire = [_clothing, KindOf("mask"), FirstNoun("protective covering"), FirstNoun("adornment"), KindOf("sunglasses")];
        _portion = KindOf("slice");
    }

    public static Taxonomy Shared { get; } = new(WordLexicon.Shared);

    /// <summary>People, animals and groups of them.</summary>
    public bool IsAnimate(int lemma) => FirstNounOf(lemma) is int synset and >= 0 && (_lexicon.TopicOf(synset) == GroupTopic || NamesBeing(synset));

    /// <summary>A person or an animal.</summary>
    public bool IsBeing(int lemma) => FirstNounOf(lemma) is int synset and >= 0 && NamesBeing(synset);

    /// <summary>A person.</summary>
    public bool IsPerson(int lemma) => FirstNounOf(lemma) is int synset and >= 0 && (_lexicon.TopicOf(synset) == PersonTopic || synset == _person);

    /// <summary>Groups and collections, and portions of something: herd, group, bunch, slice.</summary>
    public bool IsCollective(int lemma) =>
        (IsGroup(lemma) || (FirstNounOf(lemma) is int synset and >= 0 && (_lexicon.TopicOf(synset) == QuantityTopic || _lexicon.HypernymsOf(synset).Contains(_portion))))
        && !HasSense(lemma, static topic => topic == BodyTopic);

    /// <summary>First of all several of something: herd, crowd.</summary>
    public bool IsGroup(int lemma) => FirstNounOf(lemma) is int synset and >= 0 && (_lexicon.TopicOf(synset) == GroupTopic || synset == _group);

    /// <summary>First of all a part of a body: arm, tooth.</summary>
    public bool IsBodyPart(int lemma) => FirstNounOf(lemma) is int synset and >= 0 && _lexicon.TopicOf(synset) == BodyTopic;

    /// <summary>Whether a sense of the noun is what things are made of: ice, glass.</summary>
    public bool IsSubstance(int lemma) => HasSense(lemma, static topic => topic == SubstanceTopic);

    private bool HasSense(int lemma, Func<int, bool> isOfTopic)
    {
        foreach (int synset in lemma < 0 ? [] : _lexicon.SensesOf(lemma))
        {
            if (isOfTopic(_lexicon.TopicOf(synset)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a sense of the noun is a thing that can be seen: animals, people, plants, food, bodies, things made or found.</summary>
    public bool IsPhysical(int lemma) => HasSense(lemma, IsPhysicalTopic);

    /// <summary>Whether the noun first of all names a thing that can be seen: a lamp, and not light.</summary>
    public bool IsThing(int lemma) => FirstNounOf(lemma) is int synset and >= 0 && IsPhysicalTopic(_lexicon.TopicOf(synset));

    // The lexicographer files animal, artifact, body, food, object, person, plant, substance (lexnames(5WN)).
    private static bool IsPhysicalTopic(int topic) => topic is AnimalTopic or 6 or BodyTopic or FoodTopic or 17 or PersonTopic or 20 or SubstanceTopic;

    /// <summary>What holds something else: glass, bowl.</summary>
    public bool IsContainer(int lemma) => HasSenseUnder(_container, lemma);

    /// <summary>What one sits, rides or lies on: furniture, vehicles, animals.</summary>
    public bool IsSeat(int lemma) => HasSenseUnder(_furniture, lemma) || HasSenseUnder(_vehicle, lemma) || IsBeing(lemma);

    /// <summary>A lake, a river, the sea.</summary>
    public bool IsWater(int lemma) => HasSenseUnder(_water, lemma);

    /// <summary>What one eats or drinks.</summary>
    public bool IsFood(int lemma)
    {
        foreach (int synset in FrequentSensesOf(lemma))
        {
            if (_lexicon.TopicOf(synset) == FoodTopic)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A place where things are (beach, street, kitchen) or a time (winter, night), by one of the two most frequent senses.</summary>
    public bool IsWhereOrWhen(int lemma)
    {
        foreach (int synset in FrequentSensesOf(lemma))
        {
            if (_lexicon.TopicOf(synset) == TimeTopic || Array.Exists(_places, place => place >= 0 && _lexicon.IsAncestor(place, synset)))
            {
                return true;
            }
        }

        return false;
    }

    private ReadOnlySpan<int> FrequentSensesOf(int lemma)
    {
        ReadOnlySpan<int> senses = lemma < 0 ? [] : _lexicon.SensesOf(lemma);
        return senses[..Math.Min(senses.Length, FrequentSenses)];
    }

    private bool HasSenseUnder(int kind, int lemma)
    {
        foreach (int synset in lemma < 0 ? [] : _lexicon.SensesOf(lemma))
        {
            if (_lexicon.IsAncestor(kind, synset))
            {
                return true;
            }
        }

        return false;
    }

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

    /// <summary>What somebody can be in and have on: clothes, and also masks, armour, jewelry, glasses.</summary>
    public bool IsPutOn(int lemma)
    {
        foreach (int synset in FrequentSensesOf(lemma))
        {
            if (Array.Exists(_attire, kind => kind >= 0 && _lexicon.IsAncestor(kind, synset)))
            {
                return true;
            }
        }

        return IsWorn(lemma);
    }

    // WordNet files the words "person" and "animal" themselves among the tops of its tree.
    private bool NamesBeing(int synset) => _lexicon.TopicOf(synset) is PersonTopic or AnimalTopic || synset == _person || synset == _animal;

    // What a word is a kind of, where that has no word of its own or none that is unambiguous.
    private int KindOf(string lemma) => FirstNoun(lemma) is int synset and >= 0 && !_lexicon.HypernymsOf(synset).IsEmpty ? _lexicon.HypernymsOf(synset)[0] : -1;

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
