using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Reading;

/// <summary>
/// A light parser: one pass over tagged words that finds noun phrases, what describes what, and who does what to whom and where. It reads captions
/// and prompts, not literature: where it is unsure it lists every candidate, because the comparison only needs to know what is certainly different.
/// </summary>
internal sealed partial class Syntax
{
    private enum Last : byte
    {
        Nothing,
        Noun,
        Verb,
        Preposition,
        Conjunction,
        Relative,
        Break,
    }

    private const int ListWordsMax = 24;
    private readonly List<Word> _words;
    private readonly Taxonomy _taxonomy = Taxonomy.Shared;
    private readonly List<Word> _dangling = [];
    private readonly List<Link> _links = [];
    private readonly List<int> _subjects = [];
    private readonly List<(Place Place, int Dependent)> _fronted = [];
    private Last _last = Last.Break;
    private int _noun = -1;
    private int _root = -1;
    private int _chainHead = -1;
    private int _verb = -1;
    private int _object = -1;
    private int[] _verbSubjects = [];
    private int[] _described = [];
    private bool _passive;
    private bool _have;
    private Place _pending;
    private int _preposition = -1;
    private Link? _role;
    private bool _joins;
    private bool _inverted;
    private int _owner = -1;

    private Syntax(List<Word> words) => _words = words;

    /// <summary>The ties between the words, and the prepositions that have no object of their own.</summary>
    public static (Link[] Links, Word[] Dangling) Read(List<Word> words)
    {
        var syntax = new Syntax(words);
        syntax.Run();
        syntax.DropPending();
        return ([.. syntax._links], [.. syntax._dangling]);
    }

    private void DropPending()
    {
        if (_pending != Place.None && _preposition >= 0)
        {
            _dangling.Add(_words[_preposition]);
        }

        _pending = Place.None;
        _preposition = -1;
    }

    private void Run()
    {
        for (int i = 0; i < _words.Count;)
        {
            Word word = _words[i];
            switch (word.Tag)
            {
                case Tag.Break when word.Text == "," && _last == Last.Noun && IsListComma(i):
                    (_joins, _last) = (true, Last.Conjunction);
                    i++;
                    break;
                case Tag.Break:
                    OnBreak(word);
                    i++;
                    break;
                case Tag.Preposition:
                    DropPending();
                    _joins = false;
                    _pending = word.Place;
                    _preposition = i;
                    _last = Last.Preposition;
                    i++;
                    break;
                case Tag.Conjunction:
                    _joins = _last == Last.Noun || (_last == Last.Conjunction && _joins);
                    _last = Last.Conjunction;
                    i++;
                    break;
                case Tag.Relative when word.Text == "whose" && _noun >= 0:
                    _owner = _noun;
                    _last = Last.Break;
                    i++;
                    break;
                case Tag.Relative:
                    _last = word.Text is "while" or "as" or "because" or "when" ? Last.Break : Last.Relative;
                    i++;
                    break;
                case Tag.Auxiliary or Tag.To or Tag.Adverb or Tag.Pronoun:
                    i = OnSmall(i);
                    break;
                default:
                    i = IsVerbHere(i) ? OnVerb(i) : OnNounPhrase(i);
                    break;
            }
        }
    }

    // "a laptop, a lamp and a cup": between this comma and the next "and" stand noun phrases only.
    private bool IsListComma(int comma)
    {
        bool noun = false;
        for (int i = comma + 1; i < _words.Count && i < comma + ListWordsMax; i++)
        {
            switch (_words[i].Tag)
            {
                case Tag.Conjunction:
                    return _words[i].Text == "and" && (noun || i == comma + 1);
                case Tag.Noun:
                    noun = true;
                    break;
                case Tag.Break when noun && _words[i].Text == ",":
                    noun = false;
                    break;
                case not (Tag.Determiner or Tag.Adjective or Tag.Number or Tag.Adverb):
                    return false;
            }
        }

        return false;
    }

    private void OnBreak(Word word)
    {
        if (word.Text == ".")
        {
            _subjects.Clear();
            _fronted.Clear();
            _root = -1;
            (_noun, _chainHead, _verb, _object, _passive, _have, _verbSubjects) = (-1, -1, -1, -1, false, false, []);
        }

        DropPending();
        _role = null;
        _joins = false;
        _last = Last.Break;
    }

    // "that" after a noun opens a relative clause; pronouns stand for a subject already known.
    private int OnSmall(int i)
    {
        if (_words[i].Tag == Tag.Pronoun && _pending != Place.None)
        {
            if (_words[i].Text is "it" or "them" or "him" && _root >= 0 && _noun >= 0 && _root != _noun)
            {
                // "a plate with two slices on it": it is what the sentence began with.
                _links.Add(new Link(LinkKind.Place, _pending, _root, Candidates(_noun, _chainHead, []), Weak: true));
                _preposition = -1;
            }

            DropPending();
            _last = Last.Noun;
        }

        return i + 1;
    }

    private bool IsVerbHere(int i)
    {
        Tag tag = _words[i].Tag;
        if (tag == Tag.Verb)
        {
            return true;
        }

        if (tag is not (Tag.Ing or Tag.Participle))
        {
            return false;
        }

        // "a parked car", "two sleeping dogs": between a determiner and a noun it describes.
        bool opensPhrase = i > 0 && (_words[i - 1].Tag is Tag.Determiner or Tag.Adjective or Tag.Number || _last == Last.Preposition);
        bool beforeNoun = i + 1 < _words.Count && _words[i + 1].Tag is Tag.Noun or Tag.Adjective;
        return !(beforeNoun && (opensPhrase || (i > 0 && _words[i].Joined)));
    }

    private int OnVerb(int i)
    {
        Word verb = _words[i];
        bool auxiliary = i > 0 && _words[i - 1].Tag is Tag.Auxiliary or Tag.Adverb;
        _inverted = _fronted.Count > 0 && _subjects.Count == 0 && verb.Tag == Tag.Verb && !auxiliary;
        int[] subjects = _inverted ? [] : IsSharedBy(i) ? Candidates(_noun, -1, _subjects) : SubjectsOf(verb.Tag, auxiliary);
        bool perfect = i > 0 && _words[i - 1].Text is "has" or "have" or "had";
        _passive = verb.Tag == Tag.Participle && !perfect;
        if (subjects.Length > 0)
        {
            bool either = _passive && !auxiliary && IsAnimate(subjects[0]) && !(i + 1 < _words.Count && _words[i + 1].Text == "by");
            _links.Add(new Link(either ? LinkKind.Role : _passive ? LinkKind.Object : LinkKind.Subject, Place.None, i, subjects));
        }

        _verb = i;
        _object = -1;
        _verbSubjects = subjects;
        _have = !_passive && LightWords.IsPossession(verb.Text);
        DropPending();
        _role = null;
        _joins = false;
        _last = Last.Verb;
        return i + 1;
    }

    // "a smith and a farrier chatting": both do. In "a smith and a farrier holding a lamp" one may.
    private bool IsSharedBy(int verb) =>
        _words[verb].Tag == Tag.Ing && _last == Last.Noun && _subjects.Count > 1 && _subjects[^1] == _noun
        && (verb + 1 == _words.Count || _words[verb + 1].Tag is Tag.Break or Tag.Preposition or Tag.Adverb);

    private int[] SubjectsOf(Tag tag, bool auxiliary)
    {
        if (_last == Last.Relative || (_last == Last.Noun && tag != Tag.Verb && !auxiliary))
        {
            // A participle belongs to the noun before it; only "a man on a bench reading" reaches back, because benches do not read.
            bool nearest = _last == Last.Relative || tag == Tag.Participle || IsAnimate(_noun);
            return nearest && _noun >= 0 ? Candidates(_noun, _chainHead, []) : Candidates(_noun, _chainHead, _subjects);
        }

        return _subjects.Count > 0 ? [.. _subjects] : _noun >= 0 ? [_noun] : [];
    }

    private bool IsAnimate(int noun) => noun >= 0 && _taxonomy.IsAnimate(_words[noun].Lemma);

    private static int[] Candidates(int first, int second, List<int> rest)
    {
        var all = new List<int>(4);
        Include(all, first);
        Include(all, second);
        foreach (int r in rest)
        {
            Include(all, r);
        }

        return [.. all];
    }

    private static void Include(List<int> all, int candidate)
    {
        if (candidate >= 0 && !all.Contains(candidate))
        {
            all.Add(candidate);
        }
    }

    private int OnNounPhrase(int start)
    {
        int end = start;
        int head = -1;
        for (; end < _words.Count && InPhrase(start, end); end++)
        {
            if (_words[end].Tag == Tag.Noun || (_words[end].Kind is WordKind.Opaque && head < 0))
            {
                head = end;
            }
        }

        end = Math.Max(end, start + 1);
        if (head < 0)
        {
            return OnBareModifiers(start, end);
        }

        for (int i = start; i < end; i++)
        {
            if (i != head && _words[i].IsContent)
            {
                AddModifier(i, head, i + 1 < end && i + 1 != head && _words[i + 1].Joined);
            }
        }

        bool possessor = end < _words.Count && _words[end].Text == "'s";
        if (possessor)
        {
            return OnPossessor(head, end);
        }

        bool opensClause = end < _words.Count && (_words[end].Tag is Tag.Verb || (_words[end].Tag == Tag.Auxiliary && _words[end].Text != "'s"));
        _joins &= !(opensClause && _verb >= 0);
        Attach(head);
        return end;
    }

    // "a long-haired woman": long describes the hair; "surfboard-carrying people": the surfboard is carried.
    private void AddModifier(int i, int head, bool joined)
    {
        bool participle = joined && (_words[i + 1].Tag == Tag.Participle || _words[i + 1].Text.EndsWith("ed", StringComparison.Ordinal));
        if (joined && _words[i + 1].Tag == Tag.Ing && _words[i].Tag == Tag.Noun)
        {
            _links.Add(new Link(LinkKind.Object, Place.None, i + 1, [i]));
        }
        else
        {
            _links.Add(new Link(LinkKind.Modifier, Place.None, i, [participle ? i + 1 : head]));
        }
    }

    // "the stove's backdrop" says the same as "the backdrop of the stove".
    private int OnPossessor(int possessor, int end)
    {
        int after = end + 1;
        int before = _links.Count;
        int next = after < _words.Count && _words[after].Tag is Tag.Noun or Tag.Adjective or Tag.Number or Tag.Ing or Tag.Participle && after < _words.Count
            ? OnNounPhrase(after)
            : after;
        if (_noun > possessor)
        {
            _links.Insert(before, new Link(LinkKind.Place, Place.Of, possessor, [_noun]));
        }

        return next;
    }

    private bool InPhrase(int start, int i)
    {
        Word word = _words[i];
        switch (word.Tag)
        {
            case Tag.Determiner or Tag.Number:
                return i == start || _words[i - 1].Tag is Tag.Determiner or Tag.Number or Tag.Adverb || word.Kind == WordKind.Number;
            case Tag.Adjective or Tag.Noun:
                return true;
            case Tag.Ing or Tag.Participle:
                return i + 1 < _words.Count && _words[i + 1].Tag is Tag.Noun or Tag.Adjective
                    && (i == start || _words[i - 1].Tag != Tag.Noun || word.Joined);
            case Tag.Adverb:
                return i + 1 < _words.Count && _words[i + 1].Tag is Tag.Adjective or Tag.Participle;
            case Tag.Conjunction:
                // "black and white cat"
                return i > start && i + 2 < _words.Count && Describes(i - 1) && Describes(i + 1) && _words[i + 2].Tag is Tag.Noun or Tag.Adjective;
            default:
                return false;
        }
    }

    private bool Describes(int i) => _words[i].Tag == Tag.Adjective || (_words[i].Tag == Tag.Noun && LightWords.IsColor(_words[i]));

    // "the bowl is red", "sitting alone": without a noun of its own it describes the subject.
    private int OnBareModifiers(int start, int end)
    {
        int[] governors = _last == Last.Relative && _noun >= 0 ? [_noun] : _subjects.Count > 0 ? [.. _subjects] : _noun >= 0 ? [_noun] : [];
        if (_last == Last.Conjunction && _described.Length > 0)
        {
            governors = _described;
        }

        _described = governors;
        for (int i = start; i < end; i++)
        {
            if (_words[i].Kind == WordKind.Number && _last == Last.Verb && _verb >= 0)
            {
                // "two dice showing five": five of them there are not.
                _links.Add(new Link(LinkKind.Object, Place.None, _verb, [i]));
            }
            else if (_words[i].IsContent && governors.Length > 0 && _last != Last.Break)
            {
                _links.Add(new Link(LinkKind.Modifier, Place.None, i, governors));
            }
        }

        return end;
    }
}
