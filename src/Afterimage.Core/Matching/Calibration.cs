using Afterimage.Matching.Comparing;

namespace Afterimage.Matching;

/// <summary>From evidence to the probability that reuse is right.</summary>
internal static class Calibration
{
    public static double Probability(Evidence e, float similarity)
    {
        _ = similarity;
        double score = 6.5
            - (4 * e.Nouns) - (3.5 * e.Adjectives) - (3 * e.Verbs) - (3 * e.Others)
            - (2.2 * e.Synonyms) - (2.2 * e.Hypernyms) - (2.2 * e.Derived) - (3 * e.Typos)
            - (0.4 * e.PluralChanges) - (0.6 * e.PlacesNear) - (2.0 * e.PlacesLoose) - (5 * e.PlacesDifferent) - (2.5 * e.Unverified) - (0.3 * e.PlacesLone) - (e.RootChanged ? 1 : 0);
        double p = 1 / (1 + Math.Exp(-score));
        return e.Conflicts.Count > 0 ? 0.4 * Math.Min(p, e.Coverage) : Math.Max(p, 0.4 * e.Coverage * p);
    }
}
