using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Reading;

/// <summary>What a noun phrase is to what was read before it.</summary>
internal sealed partial class Syntax
{
    private void Attach(int head)
    {
        // "a ship named The Silent Storm at sea": the ship is what bears the name, and what is at sea.
        bool isName = _words[head].Quoted && _noun >= 0;
        if (isName && _pending == Place.None && (_last == Last.Noun || (_last == Last.Verb && _passive)))
        {
            _links.Add(new Link(LinkKind.Modifier, Place.None, head, [_noun]));
            _last = Last.Noun;
            return;
        }

        if (_owner >= 0)
        {
            // "a girl whose hair is braided"
            int owner = _owner;
            _links.Add(new Link(LinkKind.Place, Place.Have, head, [owner]));
            NewSubject(head);
            _subjects.Add(owner);
            _owner = -1;
        }
        else if (_joins && _role is { Kind: LinkKind.Place, Place: Place.Of } content && !HasArticle(content.Dependent) && HasArticle(head))
        {
            AttachBeside(content.Governors[0], head);
        }
        else if (_joins && _role is { } role)
        {
            Add(role with { Dependent = role.Kind == LinkKind.Place ? head : role.Dependent, Governors = role.Kind == LinkKind.Place ? role.Governors : [head] });
        }
        else if (_joins && _subjects.Count > 0 && _verb < 0)
        {
            _subjects.Add(head);
        }
        else if (_pending != Place.None)
        {
            AttachPlace(head);
        }
        else if (_inverted && _last == Last.Verb)
        {
            // "in the road stands a cow"
            _links.Add(new Link(LinkKind.Subject, Place.None, _verb, [head]));
            NewSubject(head);
            _inverted = false;
        }
        else if (_verb >= 0 && _last == Last.Verb && !_passive)
        {
            AttachObject(head);
        }
        else
        {
            NewSubject(head);
        }

        _noun = isName ? _noun : head;
        _described = [];
        _pending = Place.None;
        _preposition = -1;
        _joins = false;
        _last = Last.Noun;
    }

    // "a bowl of cherries and a jug of cream": the jug stands where the bowl does, and not in it.
    private void AttachBeside(int container, int head)
    {
        if (_links.FindLastIndex(l => l.Kind == LinkKind.Place && l.Dependent == container) is >= 0 and int place)
        {
            Add(_links[place] with { Dependent = head });
        }
        else if (_links.FindLastIndex(l => l.Kind == LinkKind.Object && l.Governors.Contains(container)) is >= 0 and int taken)
        {
            Add(_links[taken] with { Governors = [head] });
        }
        else if (_verb < 0 && _subjects.Contains(container))
        {
            _subjects.Add(head);
        }
        else
        {
            NewSubject(head);
        }
    }

    private bool HasArticle(int head)
    {
        int i = head - 1;
        while (i >= 0 && _words[i].Tag is Tag.Adjective or Tag.Noun or Tag.Participle or Tag.Ing)
        {
            i--;
        }

        return i >= 0 && _words[i].Tag is Tag.Determiner or Tag.Number;
    }

    private void Add(Link link)
    {
        _links.Add(link);
        _role = link;
    }

    private void AttachObject(int head)
    {
        if (_have && _verbSubjects.Length > 0 && LightWords.IsContaining(_words[_verb].Text))
        {
            Add(new Link(LinkKind.Place, Place.In, _verbSubjects[0], [head]));
        }
        else if (_have && _verbSubjects.Length > 0 && !IsHandled(_verb))
        {
            Add(new Link(LinkKind.Place, Place.Have, head, _verbSubjects));
        }

        Add(new Link(LinkKind.Object, Place.None, _verb, [head]));
        _object = head;
        _chainHead = -1;
    }

    private void AttachPlace(int head)
    {
        if (_pending == Place.By && _passive && _verb >= 0)
        {
            Add(new Link(LinkKind.Subject, Place.None, _verb, [head]));
            _passive = false;
            _object = head;
            return;
        }

        if (_noun < 0 && _subjects.Count == 0)
        {
            _fronted.Add((_pending, head));
            return;
        }

        int before = _noun;
        int[] governors = Governors(head, before);
        if (_pending == Place.Have && _passive && _verb >= 0 && _verb > before)
        {
            // "roofs covered with snow": snow covers the roofs.
            _links.Add(new Link(LinkKind.Subject, Place.None, _verb, [head], Weak: true));
        }

        bool phrasal = _verb >= 0 && _preposition == _verb + 1 && !_passive && IsPhrasal(_verb);
        if (phrasal)
        {
            _links.Add(new Link(LinkKind.Object, Place.None, _verb, [head], Weak: true));
        }
        else if (_verb >= 0 && _verb > before && _pending != Place.By)
        {
            _links.Add(new Link(LinkKind.Complement, _pending, head, [_verb]));
        }

        Add(new Link(LinkKind.Place, _pending, head, governors, Weak: phrasal));
        _chainHead = _pending == Place.Of ? before : -1;
    }

    // "a table holds a plate" says where the plate is; "a man holds a plate" says what he does.
    private bool IsHandled(int verb) =>
        LightWords.IsHandling(_words[verb].Text) && Array.TrueForAll(_verbSubjects, s => IsAnimate(s) || _words[s].Forms.Length == 0);

    // "picks up the cup": the lexicon knows verb and preposition as one verb, so that the noun may be its object. What stands in a jug does not stand in for it.
    private bool IsPhrasal(int verb)
    {
        WordLexicon lexicon = WordLexicon.Shared;
        return _words[verb].Lemma >= 0 && !LightWords.IsPosture(_words[verb].Text) && lexicon.Find($"{lexicon.LemmaText(_words[verb].Lemma)} {_words[verb + 1].Text}") is int lemma and >= 0
            && (lexicon.PosOf(lemma) & PartsOfSpeech.Verb) != 0;
    }

    private int[] Governors(int head, int before)
    {
        bool behindVerb = _verb > before && _verbSubjects.Length > 0;
        if (behindVerb)
        {
            return _verbSubjects;
        }

        bool backdrop = _words[head].Text is "background" or "foreground" or "distance" or "middle" or "center" or "centre";
        bool worn = _pending is Place.In or Place.Have && IsAnimate(before) && (_taxonomy.IsWorn(_words[head].Lemma) || LightWords.IsColor(_words[head]));
        return _pending == Place.Of || backdrop || worn
            ? Candidates(before, _pending == Place.Of ? -1 : _chainHead, [])
            : Candidates(before, _chainHead, [_object, .. _verbSubjects, .. _verb < 0 ? _subjects : []]);
    }

    private void NewSubject(int head)
    {
        if (!_joins || _verb >= 0)
        {
            _subjects.Clear();
        }

        _root = _root < 0 ? head : _root;
        _subjects.Add(head);
        (_verb, _object, _chainHead, _verbSubjects, _have) = (-1, -1, -1, [], false);
        _role = null;
        foreach ((Place place, int dependent) in _fronted)
        {
            _links.Add(new Link(LinkKind.Place, place, dependent, [head]));
        }

        _fronted.Clear();
    }
}
