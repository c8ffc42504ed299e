using System.Text.Json;
using Afterimage.Matching.Evaluation;

namespace Afterimage.Commands.Evaluation;

/// <summary>Prints evaluations: a table for people, a JSON line per report for programs.</summary>
internal static class EvaluationText
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Everything about one policy: each file by category, each file as a whole, all files together.</summary>
    public static void Print(TextWriter output, string policy, IReadOnlyList<EvaluatedFile> files, double maxFalseReuse, bool json)
    {
        if (!json)
        {
            output.WriteLine($"policy {policy}");
            output.WriteLine($"  {"",-34}{"pairs",7}   {"reuse of label 1",-36}{"false reuse of label 0",-36}Spearman");
        }

        foreach (EvaluatedFile file in files)
        {
            var categories = file.ByCategory().ToList();
            foreach ((string category, PolicyReport report) in categories)
            {
                Line(output, policy, file.File, category, report, null, json);
            }

            if (categories.Count > 1 || json)
            {
                Line(output, policy, file.File, null, PolicyReport.Of(file.Judged), Best(file.Judged, maxFalseReuse), json);
            }
        }

        var all = files.SelectMany(f => f.Judged).ToList();
        if (files.Count > 1)
        {
            // Files score on scales of their own: no order over all of them.
            Line(output, policy, null, null, PolicyReport.Of(all) with { Spearman = null }, Best(all, maxFalseReuse), json);
        }

        if (!json)
        {
            ThresholdPoint? best = Best(all, maxFalseReuse);
            output.WriteLine(best is { } point
                ? $"  its best threshold for {maxFalseReuse:0.##%} false reuse over all: {point.Threshold:0.0000} reuses {point.Reuse:0.0%} "
                    + $"at {point.FalseReuse:0.00%} false"
                : $"  no threshold keeps false reuse within {maxFalseReuse:0.##%}");
            output.WriteLine();
        }
    }

    private static ThresholdPoint? Best(IReadOnlyList<JudgedPair> judged, double maxFalseReuse) => ThresholdCurve.Best(ThresholdCurve.Of(judged), maxFalseReuse);

    private static void Line(TextWriter output, string policy, string? file, string? category, PolicyReport report, ThresholdPoint? best, bool json)
    {
        if (!json)
        {
            string name = file is null ? "all files" : category is null ? $"{file}: all" : $"{file}: {category}";
            string order = report.Spearman is { } s ? s.ToString("0.000") : "-";
            output.WriteLine($"  {name,-34}{report.Pairs,7}   {Text(report.Reuse),-36}{Text(report.FalseReuse),-36}{order}");
            return;
        }

        output.WriteLine(JsonSerializer.Serialize(
            new
            {
                policy,
                file,
                category,
                pairs = report.Pairs,
                reuse = Fields(report.Reuse),
                falseReuse = Fields(report.FalseReuse),
                spearman = report.Spearman,
                bestThreshold = best?.Threshold,
                bestThresholdReuse = best?.Reuse,
                bestThresholdFalseReuse = best?.FalseReuse,
            },
            Json));
    }

    private static string Text(Rate rate) =>
        rate.Share is { } share ? $"{share,7:0.00%} {$"{rate.Hits}/{rate.Trials}",11} [{rate.Low * 100:0.00}, {rate.High * 100:0.00}]" : "      -";

    private static object? Fields(Rate rate) =>
        rate.Trials == 0 ? null : new { rate = rate.Share, count = rate.Hits, of = rate.Trials, low = rate.Low, high = rate.High };
}
