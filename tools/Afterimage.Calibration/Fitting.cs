using System.Globalization;
using Afterimage.Matching;
using Afterimage.Matching.Comparing;
using Afterimage.Text;

namespace Afterimage.CalibrationTool;

/// <summary>
/// Fits the costs of <see cref="Calibration"/>: logistic regression with a ridge towards the costs in use, no cost below zero, on the pairs without conflict.
/// Each file counts with its weight; the fold named "held" is left out and reported on.
/// </summary>
internal static class Fitting
{
    private const int Steps = 3_000;
    private const double Ridge = 0.02;
    private const double Rate = 0.05;
    private const double InterceptMax = 8;

    private sealed record Example(double[] Features, int Label, double Weight, PairRow Row);

    /// <summary>Fits on files written "path" or "path:weight" and prints the costs and what they would decide.</summary>
    public static int Fit(string[] files)
    {
        var examples = new List<Example>();
        foreach (string file in files)
        {
            string[] parts = file.Split(':');
            double weight = parts.Length > 1 ? double.Parse(parts[1], CultureInfo.InvariantCulture) : 1;
            List<Example> ofFile = Load(parts[0], weight);
            Console.WriteLine($"{Path.GetFileName(parts[0])}: {ofFile.Count} pairs without conflict, {ofFile.Count(e => e.Label == 1)} right");
            examples.AddRange(ofFile);
        }

        (double intercept, double[] costs) = Descend(examples);
        Console.WriteLine($"intercept {intercept.ToString("0.00", CultureInfo.InvariantCulture)}");
        for (int i = 0; i < costs.Length; i++)
        {
            int used = examples.Count(e => e.Features[i] > 0);
            int right = examples.Count(e => e.Features[i] > 0 && e.Label == 1);
            Console.WriteLine($"{Calibration.Names[i],-12} {costs[i].ToString("0.00", CultureInfo.InvariantCulture),6}   (was {Calibration.Costs[i]}; found in {used}, right {right})");
        }

        Console.WriteLine("[" + string.Join(", ", costs.Select(c => c.ToString("0.00", CultureInfo.InvariantCulture))) + "]");
        return 0;
    }

    private static List<Example> Load(string file, double weight)
    {
        var embedder = new BuiltInEmbedder();
        SimilarityScale scale = SimilarityScale.Of(embedder.Space.Id);
        return [.. PairRow.Load(file).Where(r => r.Label is not null).AsParallel().AsOrdered().Select(row =>
        {
            Evidence evidence = PromptComparer.Compare(PromptReading.Of(row.A), PromptReading.Of(row.B));
            double distance = 1 - (scale.Normalise(Reports.Similarity(embedder, row)) ?? 0);
            return evidence.Conflicts.Count > 0 ? null : new Example(Calibration.Features(evidence, distance), row.Label!.Value, weight, row);
        }).OfType<Example>()];
    }

    private static (double Intercept, double[] Costs) Descend(List<Example> examples)
    {
        int n = Calibration.Names.Length;
        double[] costs = [.. Calibration.Costs];
        double intercept = Calibration.Intercept;
        double total = examples.Sum(e => e.Weight);
        double[] gradient = new double[n];
        for (int step = 0; step < Steps; step++)
        {
            Array.Clear(gradient);
            double gradientIntercept = 0;
            foreach (Example example in examples)
            {
                double score = intercept;
                for (int i = 0; i < n; i++)
                {
                    score -= costs[i] * example.Features[i];
                }

                double error = example.Weight * ((1 / (1 + Math.Exp(-score))) - example.Label);
                gradientIntercept += error;
                for (int i = 0; i < n; i++)
                {
                    gradient[i] -= error * example.Features[i];
                }
            }

            double rate = Rate * 100 / total;
            intercept = Math.Min(InterceptMax, intercept - (rate * gradientIntercept));
            for (int i = 0; i < n; i++)
            {
                double pull = Ridge * (costs[i] - Calibration.Costs[i]);
                costs[i] = Math.Max(0, costs[i] - (rate * (gradient[i] + pull)));
            }
        }

        return (intercept, costs);
    }
}
