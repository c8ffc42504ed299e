using Afterimage.Matching.Evaluation;

namespace Afterimage.Commands.Evaluation;

/// <summary>One policy's verdicts on one file of labelled pairs.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="File">The file's name without its folder.</param>
/// <param name="Judged">A verdict per pair, in file order.</param>
internal sealed record EvaluatedFile(string Policy, string File, IReadOnlyList<JudgedPair> Judged)
{
    /// <summary>A report for each category, the largest first.</summary>
    public IEnumerable<(string Category, PolicyReport Report)> ByCategory() =>
        Judged.GroupBy(j => j.Pair.Category)
            .OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => (g.Key, PolicyReport.Of([.. g])));
}
