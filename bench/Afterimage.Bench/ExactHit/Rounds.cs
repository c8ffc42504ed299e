namespace Afterimage.Bench.ExactHit;

/// <summary>What the rounds of one server gave.</summary>
internal sealed class Rounds(IEnumerable<double> values)
{
    private readonly double[] _ordered = [.. values.Order()];

    public double Lowest => _ordered[0];

    public double Highest => _ordered[^1];

    /// <summary>Of an even number the mean of the two in the middle.</summary>
    public double Median => (_ordered[(_ordered.Length - 1) / 2] + _ordered[_ordered.Length / 2]) / 2;
}
