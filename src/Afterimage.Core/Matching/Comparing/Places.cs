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
        (Place.Across, Place.Path), (Place.Across, Place.In), (Place.Across, Place.On), (Place.Along, Place.On), (Place.Along, Place.Down), (Place.Along, Place.Near), (Place.Along, Place.By),
    ]);

    private static readonly HashSet<(Place, Place)> Neighbours = Symmetric(
    [
        (Place.On, Place.Top), (Place.Top, Place.Above), (Place.In, Place.On), (Place.In, Place.At), (Place.On, Place.At), (Place.In, Place.Path), (Place.On, Place.Path),
        (Place.Path, Place.Down), (Place.On, Place.Down), (Place.In, Place.Down), (Place.Up, Place.On),
        (Place.Near, Place.By), (Place.Near, Place.At), (Place.Near, Place.Against), (Place.Near, Place.Have), (Place.Near, Place.Around), (Place.At, Place.By),
        (Place.Have, Place.Of), (Place.Have, Place.In), (Place.Of, Place.In), (Place.Of, Place.On), (Place.Of, Place.From), (Place.Of, Place.For),
        (Place.Of, Place.By), (Place.Of, Place.At), (Place.To, Place.At), (Place.On, Place.Against), (Place.By, Place.Have),
        (Place.Near, Place.Path), (Place.To, Place.For), (Place.Path, Place.At), (Place.Have, Place.On), (Place.Have, Place.From), (Place.In, Place.By),
        (Place.Along, Place.Path), (Place.Along, Place.In), (Place.Along, Place.At), (Place.Across, Place.At), (Place.Across, Place.Near),
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

    /// <summary>
    /// The same where it is known what the place is and what is there: one lies in the grass and on it, but sits either at a table or on it, and stands at a lake or in it; in a hat one
    /// has a hat, in a box one has none; a bowl of flowers is one with flowers, a dress of flowers is not.
    /// </summary>
    public static PlaceAgreement Compare(Place a, Place b, Word? at, Word? governor) => (a, b) switch
    {
        (Place.In, Place.On) or (Place.On, Place.In) when IsGround(at) => PlaceAgreement.Near,
        (Place.On, Place.At) or (Place.At, Place.On) when at is not null && IsBesideOrUpon(at) => PlaceAgreement.Loose,
        (Place.In, Place.At) or (Place.At, Place.In) when at is not null && Taxonomy.Shared.IsWater(at.Lemma) && at.Text is not ("sea" or "ocean") => PlaceAgreement.Loose,
        (Place.Have, Place.In) or (Place.In, Place.Have) when at is not null && Taxonomy.Shared.IsThing(at.Lemma) && !IsPutOn(at) => PlaceAgreement.Loose,
        (Place.Have, Place.Of) or (Place.Of, Place.Have) when governor is not null && Taxonomy.Shared.IsWorn(governor.Lemma) => PlaceAgreement.Loose,
        _ => Compare(a, b),
    };

    // What one is at is not what one is on: a desk, a piano. On a beach one is at the beach.
    private static bool IsBesideOrUpon(Word at) => Taxonomy.Shared.IsSeat(at.Lemma) || (Taxonomy.Shared.IsThing(at.Lemma) && !Taxonomy.Shared.IsWhereOrWhen(at.Lemma) && !IsGround(at));

    // Glasses are not of glass only.
    private static bool IsPutOn(Word at) => Taxonomy.Shared.IsPutOn(at.Lemma) || Taxonomy.Shared.IsPutOn(WordLexicon.Shared.Find(at.Text));

    private static bool IsGround(Word? at) => at is not null && Grounds.Contains(at.Lemma >= 0 ? WordLexicon.Shared.LemmaText(at.Lemma) : at.Text);

    /// <summary>May "x a y" and "y b x" describe one scene?</summary>
    public static bool AreInverse(Place a, Place b) => Inverses.Contains((a, b));

    /// <summary>Is "x a y" a different scene than "y a x"?</summary>
    public static bool IsDirected(Place a) => a is not (Place.Near or Place.Far or Place.Against or Place.By or Place.At or Place.None or Place.Around or Place.Between);

    /// <summary>Does the preposition alone tell where things are? "of" and "with" hardly do.</summary>
    public static bool SaysWhere(Place a) => a is Place.Top or Place.Under or Place.Above or Place.Behind or Place.Front or Place.Left or Place.Right or Place.Out
        or Place.Between or Place.Far or Place.Away;

    private static HashSet<(Place, Place)> Symmetric((Place A, Place B)[] pairs) => [.. pairs, .. pairs.Select(p => (p.B, p.A))];
}
