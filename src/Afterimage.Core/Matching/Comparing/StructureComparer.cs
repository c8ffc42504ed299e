using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>
/// Compares who does what to whom, where, and what describes what. Every tie of one prompt whose words have partners must be found between the
/// partners, in whatever form grammar gives it: passive for active, "bowl with bananas" for "bananas in a bowl".
/// </summary>
internal sealed partial class StructureComparer
{
    private readonly PromptReading _a;
    private readonly PromptReading _b;
    private readonly int[] _toB;
    private readonly int[] _toA;
    private readonly Evidence _evidence;
    private readonly bool _flipped;
    private readonly HashSet<(int From, int To)> _tied = [];
    private bool _modifierToPlace;
    private bool _placeToModifier;

    private StructureComparer(PromptReading a, PromptReading b, int[] toB, int[] toA, Evidence evidence, bool flipped)
    {
        (_a, _b, _toB, _toA, _evidence, _flipped) = (a, b, toB, toA, evidence, flipped);
    }

    public static void Compare(PromptReading a, PromptReading b, Alignment alignment, Evidence evidence)
    {
        new StructureComparer(a, b, alignment.ToB, alignment.ToA, evidence, flipped: false).Run();
        new StructureComparer(b, a, alignment.ToA, alignment.ToB, evidence, flipped: true).Run();
    }

    private void Run()
    {
        CheckCompounds();
        foreach (Link link in _a.Links)
        {
            int dependent = _toB[link.Dependent];
            if (dependent < 0 || link.Weak || CrossesPhrases(_a, link))
            {
                continue;
            }

            int[] governors = [.. link.Governors.Select(g => _toB[g]).Where(g => g >= 0)];
            if (governors.Length == 0)
            {
                continue;
            }

            switch (link.Kind)
            {
                case LinkKind.Modifier:
                    CheckModifier(link, dependent, governors);
                    break;
                case LinkKind.Place:
                    CheckPlace(link, dependent, governors);
                    break;
                case LinkKind.Complement:
                    CheckComplement(link, dependent, governors[0]);
                    break;
                default:
                    CheckRole(link, dependent, governors);
                    break;
            }
        }

        CheckExchange();
    }

    // "a wine glass" is no glass of wine, a fire truck no truck on fire; a stone wall is a wall of stone.
    private void CheckCompounds()
    {
        for (int i = 0; i + 1 < _a.Words.Count; i++)
        {
            if (!_a.Words[i].OpensCompound || _toB[i] < 0 || _toB[i + 1] < 0)
            {
                continue;
            }

            (int first, int second) = (_toB[i], _toB[i + 1]);
            if (second != first && second != first + 1 && !_b.LinksOf(first).Any(l => l.Governors.Contains(second) && SaysTheSame(l, second)))
            {
                _evidence.PlacesUnverified++;
                Doubt(new Reason($"{_a.Words[i].Text} {_a.Words[i + 1].Text}", "", $"{_b.Words[Math.Min(first, second)].Text} .. {_b.Words[Math.Max(first, second)].Text}"));
            }
        }
    }

    // "wine glass", "glass of wine"
    private bool IsContent(Link link) =>
        link is { Kind: LinkKind.Place, Place: Place.Of } && _b.Words[link.Dependent].IsCommonNoun && Taxonomy.Shared.IsContainer(_b.Words[link.Governors[0]].Lemma);

    // A tower of clocks is no clock tower, a leopard of snow no snow leopard.
    private bool ConsistsOf(int stuff, int head) => stuff > 0 && _b.Words[stuff - 1].Text == "of" && (_b.Words[stuff].Plural == true || (Taxonomy.Shared.IsBeing(_b.Words[head].Lemma) && !Taxonomy.Shared.IsPerson(_b.Words[head].Lemma)));

    // "the trunk of a tree" is a tree trunk; what is in a glass is not the glass.
    private bool SaysTheSame(Link link, int head) => link.Kind switch
    {
        LinkKind.Modifier => true,
        LinkKind.Place => link.Place == Place.For || (link.Place == Place.Of && !Taxonomy.Shared.IsContainer(_b.Words[head].Lemma) && !ConsistsOf(link.Dependent, head)),
        _ => false,
    };

    // "a clock tower with a compass", "a compass tower with a clock"
    private void CheckExchange()
    {
        if (_modifierToPlace && _placeToModifier)
        {
            Conflict(new Reason("what describes and what accompanies are exchanged"));
        }
    }

    private void Conflict(Reason reason) => _evidence.Conflicts.Add(_flipped ? reason.Flipped : reason);

    private void Doubt(Reason reason) => _evidence.Doubts.Add(_flipped ? reason.Flipped : reason);

    private static bool CrossesPhrases(PromptReading reading, Link link) =>
        Array.Exists(link.Governors, g => reading.Words[g].Phrase != reading.Words[link.Dependent].Phrase);

    private void CheckModifier(Link link, int dependent, int[] governors)
    {
        if (IsTurnedRound(link.Dependent, dependent, governors))
        {
            Conflict(new Reason($"roles swapped: {_a.Words[link.Governors[0]].Text}, {_a.Words[link.Dependent].Text}"));
            return;
        }

        bool elsewhere = false;
        foreach (Link other in _b.LinksOf(dependent))
        {
            if (other.Kind is LinkKind.Modifier or LinkKind.Place or LinkKind.Subject or LinkKind.Object or LinkKind.Role or LinkKind.Complement)
            {
                bool overlap = Overlap(other.Governors, governors) && !IsContent(other);
                _modifierToPlace |= overlap && other is { Kind: LinkKind.Place, Place: not Place.Of };
                bool tied = !overlap && _b.Words[dependent].Tag != Tag.Number && AreTied(other.Governors, governors);
                if (tied && _tied.Contains((governors[0], other.Governors[0])))
                {
                    Conflict(new Reason(_a.Words[link.Dependent].Text, _a.Words[link.Governors[0]].Text, Governor(dependent)));
                    return;
                }

                if (overlap || tied)
                {
                    _tied.Add((other.Governors[0], governors[0]));
                    return;
                }

                elsewhere |= other.Kind == LinkKind.Modifier && !CrossesPhrases(_b, other) && Array.Exists(other.Governors, g => _toA[g] >= 0);
            }
        }

        foreach (int governor in governors)
        {
            foreach (Link inverse in _b.LinksOf(governor))
            {
                if (!inverse.Governors.Contains(dependent))
                {
                    continue;
                }

                // "an avocado turtle", "a turtle avocado": the last one is what is seen. Names have no such order.
                if (inverse.Kind == LinkKind.Modifier && _b.Words[governor].IsCommonNoun && _b.Words[dependent].IsCommonNoun)
                {
                    Conflict(new Reason($"{_a.Words[link.Dependent].Text} {_a.Words[link.Governors[0]].Text}", "", $"{_b.Words[governor].Text} {_b.Words[dependent].Text}"));
                }

                return;
            }
        }

        if (!elsewhere && Array.Exists(governors, g => IsOtherwise(_a.Words[link.Dependent], g)))
        {
            Conflict(new Reason(_a.Words[link.Governors[0]].Text, _a.Words[link.Dependent].Text, "otherwise"));
            return;
        }

        if (NamesQuality(_a.Words[link.Governors[0]]) || _b.LinksOf(dependent).Any(l => NamesQuality(_b.Words[l.Governors[0]])))
        {
            return;
        }

        var reason = new Reason(_a.Words[link.Dependent].Text, _a.Words[link.Governors[0]].Text, Governor(dependent));
        if (elsewhere)
        {
            Conflict(reason);
        }
        else
        {
            _evidence.TiesUnverified++;
            Doubt(reason);
        }
    }

    // "a lemon-shaped tank", "a lemon shaped like a tank": over there the participle says of the lemon what it says here of the tank.
    private bool IsTurnedRound(int participle, int theirs, int[] heads) =>
        _a.Words[participle] is { Joined: true, Tag: Tag.Participle or Tag.Adjective }
        && _a.Links.Any(how => how.Kind == LinkKind.Modifier && how.Governors.Contains(participle) && _a.Words[how.Dependent].Tag == Tag.Noun && _toB[how.Dependent] is >= 0 and int said
            && _b.LinksOf(theirs).Any(l => l.Kind is LinkKind.Object or LinkKind.Modifier && l.Governors.Contains(said) && !Overlap(l.Governors, heads)));

    // "a picture of a frame" is no frame with a picture: what is shown is not where the picture is.
    private static bool Depicts(PromptReading reading, Link link) => link.Place == Place.Of && LightWords.IsPicture(reading.Words[link.Governors[0]].Text);

    // "a face made of berries" is no berry with a face.
    private static bool SaysMaterial(PromptReading reading, Link link) =>
        link.Place == Place.Of && reading.LinksOf(link.Dependent).Any(l => l.Kind == LinkKind.Complement && LightWords.IsComposition(reading.Words[l.Governors[0]].Text));

    // "black in color", "of small size"
    private static bool NamesQuality(Word word) => word.Text is "color" or "colour" or "size" or "shape" or "kind" or "type" or "colors" or "colours";

    private string Governor(int dependent)
    {
        foreach (Link link in _b.LinksOf(dependent))
        {
            return _b.Words[link.Governors[0]].Text;
        }

        return "-";
    }

    // "red wine bottle", "bottle of red wine": the two heads belong together.
    private bool AreTied(int[] heads, int[] others)
    {
        foreach (int head in heads)
        {
            foreach (int other in others)
            {
                if (Ties(head, other) || Ties(other, head))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool Ties(int dependent, int governor) =>
        _b.LinksOf(dependent).Any(l => l.Governors.Contains(governor)
            && (l.Kind == LinkKind.Modifier || (l.Place == Place.Of && _b.Words[governor].Weight < 0.5f)));

    // The verb takes another thing of this prompt in the same place: chews on the toothbrush, chews on the bear.
    private void CheckComplement(Link link, int dependent, int verb)
    {
        bool other = false;
        foreach (Link theirs in _b.Links)
        {
            if (theirs.Kind == LinkKind.Complement && theirs.Governors[0] == verb && Places.Compare(link.Place, theirs.Place) == PlaceAgreement.Same)
            {
                if (theirs.Dependent == dependent)
                {
                    return;
                }

                other |= _toA[theirs.Dependent] >= 0;
            }
        }

        if (other)
        {
            Conflict(new Reason($"roles swapped: {_a.Words[link.Governors[0]].Text} {_a.Words[link.Dependent].Text}"));
        }
    }

    // "green head, blue and purple", "blue head, purple and green"
    private bool IsOtherwise(Word modifier, int governor) =>
        _b.Links.Any(l => l.Kind == LinkKind.Modifier && l.Governors.Contains(governor) && Exclusion.Between(WordLexicon.Shared, modifier, _b.Words[l.Dependent]) is { } name && Exclusion.IsHard(name));

    private static bool Overlap(int[] a, int[] b) => Array.Exists(a, x => Array.IndexOf(b, x) >= 0);

    private void CheckRole(Link link, int verb, int[] nouns)
    {
        bool light = _a.Words[link.Dependent].Weight < 0.4f && !Array.Exists(nouns, n => Taxonomy.Shared.IsAnimate(_b.Words[n].Lemma));
        bool sameRole = false;
        bool otherRole = false;
        bool elsewhere = false;
        foreach (Link other in _b.LinksOf(verb))
        {
            bool overlap = Overlap(other.Governors, nouns);
            sameRole |= overlap && (other.Kind == link.Kind || other.Kind is LinkKind.Modifier or LinkKind.Place or LinkKind.Role || link.Kind == LinkKind.Role);
            otherRole |= overlap && other.Kind != link.Kind && other.Kind is LinkKind.Subject or LinkKind.Object;
            elsewhere |= !overlap && !light && (other.Kind == link.Kind || link.Kind == LinkKind.Role) && !CrossesPhrases(_b, other) && Array.Exists(other.Governors, g => _toA[g] >= 0);
        }

        // "a target is aimed at", "aims at a target"
        sameRole |= link.Kind != LinkKind.Subject && Array.Exists(_b.Links, l => l.Kind == LinkKind.Complement && l.Governors[0] == verb && nouns.Contains(l.Dependent));

        // Who sits is also who is seated: verbs of posture and place have one role.
        if (sameRole || (otherRole && light))
        {
            return;
        }

        string noun = _a.Words[link.Governors[0]].Text;
        if (otherRole || elsewhere)
        {
            Conflict(new Reason($"roles swapped: {noun}, {_b.Words[verb].Text}"));
        }
        else
        {
            _evidence.TiesUnverified++;
            Doubt(new Reason($"not found: {noun} {_a.Words[link.Dependent].Text}"));
        }
    }
}
