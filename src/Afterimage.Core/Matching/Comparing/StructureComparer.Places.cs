using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>What stands where.</summary>
internal sealed partial class StructureComparer
{
    private void CheckPlace(Link link, int dependent, int[] governors)
    {
        var best = PlaceAgreement.Opposite;
        bool found = false;
        bool elsewhere = false;
        bool open = false;
        foreach (Link other in _b.LinksOf(dependent))
        {
            if (Overlap(other.Governors, governors))
            {
                open |= LeavesOpen(link, other, governors);
                _placeToModifier |= other.Kind == LinkKind.Modifier && link.Place != Place.Of;
                PlaceAgreement agreement = other.Kind == LinkKind.Place ? Places.Compare(link.Place, other.Place, _b.Words[dependent]) : PlaceAgreement.Near;
                best = agreement < best ? agreement : best;
                found = true;
            }
            else if (other.Kind == LinkKind.Modifier && IsThrough(other.Governors[0], governors))
            {
                best = PlaceAgreement.Near < best ? PlaceAgreement.Near : best;
                found = true;
            }
            else if (other.Kind == LinkKind.Place && !CrossesPhrases(_b, other))
            {
                elsewhere |= Array.Exists(other.Governors, g => _toA[g] >= 0) && !AreTied(other.Governors, governors);
            }
        }

        if (found && best <= PlaceAgreement.Loose)
        {
            _evidence.PlacesLoose += open ? 1 : 0;
            _evidence.PlacesNear += best == PlaceAgreement.Near ? 1 : 0;
            _evidence.PlacesLoose += best == PlaceAgreement.Loose ? 1 : 0;
            return;
        }

        bool inverse = false;
        foreach (int governor in governors)
        {
            foreach (Link other in _b.LinksOf(governor))
            {
                if (other.Governors.Contains(dependent))
                {
                    bool swapped = other.Kind == LinkKind.Place && other.Place == link.Place && Places.IsDirected(link.Place);
                    if (swapped && !found)
                    {
                        Conflict(new Reason($"roles swapped: {_a.Words[link.Governors[0]].Text}, {_a.Words[link.Dependent].Text}"));
                        return;
                    }

                    inverse |= other.Kind switch
                    {
                        LinkKind.Place => Places.AreInverse(link.Place, other.Place) && !SaysMaterial(_a, link) && !SaysMaterial(_b, other) && !Depicts(_a, link) && !Depicts(_b, other),
                        LinkKind.Modifier => link.Place == Place.Of,
                        _ => true,
                    };
                }
            }
        }

        if ((inverse && !found && !elsewhere) || (link.Place == Place.Have && IsHeld(dependent, governors)))
        {
            return;
        }

        Report(link, dependent, found, best, elsewhere);
    }

    // "a path lined with ferns", "a fern-lined path"
    private bool IsThrough(int participle, int[] governors) =>
        _b.Words[participle].Tag == Tag.Participle && _b.LinksOf(participle).Any(l => l.Kind == LinkKind.Modifier && Overlap(l.Governors, governors));

    // "a woman with a baby looks at a man", "a woman looks at a man with a baby": over there the nearest is somebody else.
    private bool LeavesOpen(Link link, Link other, int[] governors) =>
        link.Governors.Length == 1 && other.Governors.Length > 1 && !governors.Contains(other.Governors[0]) && _toA[other.Governors[0]] >= 0
        && Taxonomy.Shared.IsAnimate(_b.Words[other.Governors[0]].Lemma) && Taxonomy.Shared.IsAnimate(_b.Words[governors[0]].Lemma);

    // "a hand with a bottle", "a bottle held by a hand"
    private bool IsHeld(int held, int[] holders) =>
        Array.Exists(_b.Links, l => l.Kind == LinkKind.Object && l.Governors.Contains(held)
            && _b.LinksOf(l.Dependent).Any(s => s.Kind == LinkKind.Subject && Overlap(s.Governors, holders)));

    private void Report(Link link, int dependent, bool found, PlaceAgreement best, bool elsewhere)
    {
        string here = $"{_a.Words[link.Governors[0]].Text} {link.Place.ToString().ToLowerInvariant()} {_a.Words[link.Dependent].Text}";
        if (found && best == PlaceAgreement.Opposite)
        {
            Conflict(new Reason("place", here, "the opposite"));
        }
        else if (found)
        {
            _evidence.PlacesDifferent++;
            Doubt(new Reason("place", here));
        }
        else if (elsewhere)
        {
            Conflict(new Reason("place", here, Governor(dependent)));
        }
        else
        {
            _evidence.PlacesUnverified++;
            Doubt(new Reason($"not found: {here}"));
        }
    }
}
