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
                PlaceAgreement agreement = other.Kind == LinkKind.Place ? Places.Compare(link.Place, other.Place, _b.Words[dependent], _b.Words[governors[0]])
                    : other.Kind == LinkKind.Modifier && !MayName(link, _b.Words[dependent], _b.Words[other.Governors[0]]) ? PlaceAgreement.Different
                    : PlaceAgreement.Near;
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
                        LinkKind.Place => Places.AreInverse(link.Place, other.Place) && !IsPartOfWhole(link.Place, other.Place) && !SaysMaterial(_a, link) && !SaysMaterial(_b, other) && !Depicts(_a, link) && !Depicts(_b, other),
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

        if (!found && !elsewhere && SaysMedium(link, dependent))
        {
            _evidence.PlacesNear++;
            return;
        }

        Report(link, dependent, found, best, elsewhere);
    }

    // "the saddle of a camel", "the lid off a jar": the part alone is seen; in "a camel with a saddle" both are.
    private static bool IsPartOfWhole(Place one, Place other) => (one, other) is (Place.Of or Place.From, Place.Have) or (Place.Have, Place.Of or Place.From);

    // "oil painting of a sea", "a sea, oil painting": of nothing else is there a painting. Where more things are named, they may stand around one.
    private bool SaysMedium(Link link, int shown)
    {
        int medium = link.Governors[0];
        return link.Place == Place.Of && LightWords.IsMedium(_a.Words[medium].Text) && OpensPrompt(medium) && IsRoot(shown)
            && _toB[medium] is >= 0 and int theirs && _b.Words[theirs].Phrase != _b.Words[shown].Phrase && IsPhraseOf(theirs)
            && !_a.Words.Any(w => w is { Tag: Tag.Noun, IsContent: true, Quality: false } && w.Phrase != _a.Words[medium].Phrase && Taxonomy.Shared.IsThing(w.Lemma));
    }

    private bool OpensPrompt(int medium) =>
        !Enumerable.Range(0, medium).Any(i => _a.Words[i] is { Tag: Tag.Noun, IsContent: true } && !_a.LinksOf(i).Any(l => l.Kind == LinkKind.Modifier && l.Governors.Contains(medium)));

    // In "a ladybug's wing" the wing is shown.
    private bool IsRoot(int shown) =>
        PromptComparer.RootOf(_b) is >= 0 and int root && (root == shown || (root + 1 < _b.Words.Count && _b.Words[root + 1].Text == "'s" && _b.LinksOf(root).Any(l => l.Place == Place.Of && l.Governors.Contains(shown))));

    private bool IsPhraseOf(int noun)
    {
        for (int i = 0; i < _b.Words.Count; i++)
        {
            if (i != noun && _b.Words[i].IsContent && _b.Words[i].Phrase == _b.Words[noun].Phrase && !_b.LinksOf(i).Any(l => l.Kind == LinkKind.Modifier && l.Governors.Contains(noun)))
            {
                return false;
            }
        }

        return true;
    }

    // A house on the beach is a beach house, and a castle made of sand a sand castle; one on the sand is not. "a dog with spots", "a spotted dog": adjectives say what "with" says.
    // A gown at night may be any gown, a night gown is one to sleep in. A wizard's newt is not a newt that is a wizard.
    private bool MayName(Link link, Word modifier, Word head)
    {
        Word where = _a.Words[link.Dependent];
        if (where.Negated || !Array.Exists(where.Forms, x => x.Pos == PartsOfSpeech.Noun && Array.Exists(modifier.Forms, y => y.Pos == PartsOfSpeech.Noun && y.Lemma == x.Lemma)))
        {
            return true;
        }

        // "a leopard made of snow", "a buffalo in the water"
        if (link.Place != Place.For && head.Lemma >= 0 && Taxonomy.Shared.IsBeing(WordLexicon.Shared.Find($"{modifier.Text} {WordLexicon.Shared.LemmaText(head.Lemma)}")))
        {
            return false;
        }

        bool composes = _a.LinksOf(link.Dependent).Any(l => l.Kind == LinkKind.Complement && LightWords.IsComposition(_a.Words[l.Governors[0]].Text));
        return composes || link.Place switch
        {
            Place.In when LightWords.IsColor(where) => !Taxonomy.Shared.IsBeing(head.Lemma),
            Place.In or Place.On or Place.At or Place.Near or Place.By or Place.Path or Place.Across or Place.Along or Place.Up or Place.Down or Place.Around =>
                Taxonomy.Shared.IsWhereOrWhen(where.Lemma) && !Taxonomy.Shared.IsWorn(head.Lemma),
            Place.Have => Taxonomy.Shared.IsWorn(where.Lemma) || (Taxonomy.Shared.IsFood(where.Lemma) && Taxonomy.Shared.IsFood(head.Lemma)),
            Place.Of when Taxonomy.Shared.IsPerson(where.Lemma) => !Taxonomy.Shared.IsBeing(head.Lemma),
            Place.Of or Place.For or Place.From or Place.About or Place.As or Place.None => true,
            _ => false,
        };
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
