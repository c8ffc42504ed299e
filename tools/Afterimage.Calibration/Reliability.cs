using System.Globalization;
using Afterimage.Matching;
using Afterimage.Matching.Comparing;

namespace Afterimage.CalibrationTool;

/// <summary>How often pairs with a score were right: what the table in <see cref="Calibration"/> is read off.</summary>
internal static class Reliability
{
    private static readonly double[] Scores = [6.4, 6, 5.5, 5, 4.595, 4.3, 4, 3.5, 3, 2.7, 2.4, 2.1, 1, 0, -5];

    /// <summary>For pairs of all files without conflict and with different prompts: pairs and right ones by score, and the share right of all at least as sure.</summary>
    public static int Table(string[] files)
    {
        var scored = files.SelectMany(PairRow.Load).Where(r => r.Label is not null && r.A != r.B).AsParallel()
            .Select(r => (Evidence: PromptComparer.Compare(PromptReading.Of(r.A), PromptReading.Of(r.B)), Right: r.Label == 1))
            .Where(e => e.Evidence.Conflicts.Count == 0)
            .Select(e => (Score: Calibration.Score(e.Evidence), e.Right)).ToList();
        Console.WriteLine("score from    pairs   right   share   share of all above");
        (int pairs, int right, double above) = (0, 0, double.PositiveInfinity);
        foreach (double from in Scores)
        {
            int here = scored.Count(s => s.Score >= from && s.Score < above);
            int rightHere = scored.Count(s => s.Score >= from && s.Score < above && s.Right);
            (pairs, right, above) = (pairs + here, right + rightHere, from);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{from,10:0.000} {here,8} {rightHere,7} {100.0 * rightHere / Math.Max(1, here),7:0.0} {100.0 * right / Math.Max(1, pairs),10:0.00}"));
        }

        return 0;
    }
}
