namespace Afterimage.Cloud.Planning;

/// <summary>One line of a plan: a quantity, how it was computed, and what it costs a month (null where it is part of another line's price).</summary>
internal sealed record PlanLine(string Item, string Formula, string Quantity, decimal? Cost);

/// <summary>One way to run the cache.</summary>
/// <param name="Warnings">Sentences: limits that would be exceeded.</param>
internal sealed record PlanSetup(string Name, IReadOnlyList<PlanLine> Lines, IReadOnlyList<string> Warnings)
{
    public decimal Cost => Lines.Sum(l => l.Cost ?? 0);
}

/// <summary>What the load comes to, whatever the setup.</summary>
/// <param name="Lookups">Semantic lookups a month: every request that the exact tier does not answer.</param>
/// <param name="Hits">Requests answered from the cache.</param>
/// <param name="Misses">Requests that go to the origin; each stores an image and a vector.</param>
/// <param name="PeakRequests">Requests a second at the peak.</param>
/// <param name="PeakLookups">Semantic lookups a second at the peak.</param>
internal sealed record PlanLoad(double Lookups, double Hits, double Misses, double PeakRequests, double PeakLookups)
{
    private const double SecondsPerMonth = 30.4375 * 86_400;

    public static PlanLoad Of(PlanInput input)
    {
        double peak = input.Requests / SecondsPerMonth * input.PeakFactor;
        double lookups = input.Requests * (1 - input.ExactShare);
        return new PlanLoad(
            lookups,
            input.Requests * (input.ExactShare + input.SemanticShare),
            input.Requests * (1 - input.ExactShare - input.SemanticShare),
            peak,
            peak * (1 - input.ExactShare));
    }
}

/// <param name="Prices">Date and currency of the prices.</param>
internal sealed record Plan(PlanInput Input, PlanLoad Load, PriceTable Prices, IReadOnlyList<PlanSetup> Setups);
