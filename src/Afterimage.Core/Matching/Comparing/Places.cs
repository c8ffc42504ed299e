using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>How two statements of place agree.</summary>
internal enum PlaceAgreement : byte
{
    Same,

    /// <summary>Mostly said of the same scene: through the field, in the field.</summary>
    Near,

    /// <summary>Sometimes said of the same scene: in the grass, on the grass.</summary>
    Loose,

    Different,

    /// <summary>Cannot both be true: above, under.</summary>
    Opposite,
}

/// <summary>Which places agree, as stated and seen from the other side.</summary>
internal static class Places
{
    private static readonly HashSet<(Place, Place)> Close = Symmetric(
    [
        (Place.In, Place.At), (Place.On, Place.At), (Place.In, Place.Path), (Place.On, Place.Path), (Place.On, Place.Top), (Place.On, Place.Down), (Place.Path, Place.Down),
        (Place.Near, Place.By), (Place.Near, Place.Against), (Place.On, Place.Against), (Place.Of, Place.From), (Place.At, Place.By), (Place.Have, Place.Of), (Place.Have, Place.In), (Place.Of, Place.In),
        (Place.Up, Place.On), (Place.Of, Place.For), (Place.By, Place.Of), (Place.To, Place.At), (Place.To, Place.For), (Place.By, Place.Have), (Place.Away, Place.From), (Place.Away, Place.Far),
    ]);

    private static readonly HashSet<(Place, Place)> Neighbours = Symmetric(
    [
        (Place.On, Place.Top), (Place.Top, Place.Above), (Place.In, Place.On), (Place.In, Place.At), (Place.On, Place.At), (Place.In, Place.Path), (Place.On, Place.Path),
        (Place.Path, Place.Down), (Place.On, Place.Down), (Place.In, Place.Down), (Place.Up, Place.On),
        (Place.Near, Place.By), (Place.Near, Place.At), (Place.Near, Place.Against), (Place.Near, Place.Have), (Place.Near, Place.Around), (Place.At, Place.By),
        (Place.Have, Place.Of), (Place.Have, Place.In), (Place.Of, Place.In), (Place.Of, Place.On), (Place.Of, Place.From), (Place.Of, Place.For),
        (Place.Of, Place.By), (Place.Of, Place.At), (Place.To, Place.At), (Place.On, Place.Against), (Place.By, Place.Have),
        (Place.Near, Place.Path), (Place.To, Place.For), (Place.Path, Place.At), (Place.Have, Place.On), (Place.Have, Place.From), (Place.In, Place.By),
    ]);

    private static readonly HashSet<(Place, Place)> Opposites = Symmetric(
    [
        (Place.Top, Place.Under), (Place.Near, Place.Far), (Place.From, Place.In), (Place.On, Place.Under), (Place.Above, Place.Under), (Place.In, Place.Out), (Place.Front, Place.Behind), (Place.Left, Place.Right),
        (Place.Up, Place.Down), (Place.From, Place.To), (Place.After, Place.Before), (Place.In, Place.Under), (Place.Behind, Place.On), (Place.Away, Place.To), (Place.Away, Place.At),
    ]);

    // "a bowl with bananas", "bananas in a bowl"
    private static readonly HashSet<(Place, Place)> Inverses = Symmetric(
    [
        (Place.Near, Place.Near), (Place.Far, Place.Far), (Place.Have, Place.Top), (Place.Top, Place.Under), (Place.Have, Place.In), (Place.Have, Place.On), (Place.Have, Place.Of), (Place.Have, Place.At), (Place.Above, Place.Under),
        (Place.On, Place.Under), (Place.Behind, Place.Front), (Place.Left, Place.Right), (Place.Against, Place.Against), (Place.Have, Place.From),
        (Place.Near, Place.By), (Place.Near, Place.Against), (Place.Around, Place.In), (Place.By, Place.In), (Place.By, Place.On),
        (Place.Have, Place.Above), (Place.Have, Place.Under), (Place.Have, Place.Behind), (Place.Near, Place.At), (Place.By, Place.Around),
        (Place.Have, Place.Around), (Place.Have, Place.By),
    ]);

    // Where people say "in" and "on" for one thing.
    private static readonly HashSet<string> Grounds = new(
        ("grass lawn field meadow pasture prairie snow sand mud dirt gravel beach shore street road lane sidewalk pavement path trail track court yard farm hill hillside mountain slope parking desert playground "
        + "driveway runway couch sofa bed armchair swing chair porch patio balcony ice water lake sea river pond").Split(' '), StringComparer.Ordinal);

    /// <summary>The place that a preposition or a verb of possession states; none for other words.</summary>
    public static Place Of(Word word) =>
        word.Kind == WordKind.Relation ? word.Place : word.Kind == WordKind.Content && LightWords.IsPossession(word.Text) ? Place.Have : Place.None;

    public static PlaceAgreement Compare(Place a, Place b) =>
        a == b ? PlaceAgreement.Same
        : Opposites.Contains((a, b)) ? PlaceAgreement.Opposite
        : Close.Contains((a, b)) ? PlaceAgreement.Near
        : Neighbours.Contains((a, b)) ? PlaceAgreement.Loose
        : PlaceAgreement.Different;

    /// <summary>The same where it is known what the place is: one lies in the grass and on it.</summary>
    public static PlaceAgreement Compare(Place a, Place b, Word? at) =>
        (a, b) is (Place.In, Place.On) or (Place.On, Place.In) && at is not null && Grounds.Contains(at.Lemma >= 0 ? WordLexicon.Shared.LemmaText(at.Lemma) : at.Text) ? PlaceAgreement.Near : Compare(a, b);

    /// <summary>May "x a y" and "y b x" describe one scene?</summary>
    public static bool AreInverse(Place a, Place b) => Inverses.Contains((a, b));

    /// <summary>Is "x a y" a different scene than "y a x"?</summary>
    public static bool IsDirected(Place a) => a is not (Place.Near or Place.Far or Place.Against or Place.By or Place.At or Place.None or Place.Around or Place.Between);

    /// <summary>Does the preposition alone tell where things are? "of" and "with" hardly do.</summary>
    public static bool SaysWhere(Place a) => a is Place.Top or Place.Under or Place.Above or Place.Behind or Place.Front or Place.Left or Place.Right or Place.Out
        or Place.Between or Place.Far or Place.Away;

    private static HashSet<(Place, Place)> Symmetric((Place A, Place B)[] pairs) => [.. pairs, .. pairs.Select(p => (p.B, p.A))];
}
