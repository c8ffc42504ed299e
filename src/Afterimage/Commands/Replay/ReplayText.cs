using System.Text.Json;

namespace Afterimage.Commands.Replay;

/// <summary>Prints replay reports: a table for people, a JSON line per report for programs, and the served pairs as a table to read.</summary>
internal static class ReplayText
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static void Print(TextWriter output, ReplayReport report, double pricePerImage, bool json)
    {
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(Fields(report, pricePerImage), Json));
            return;
        }

        output.WriteLine($"seeds {Name(report.Seeds)}, policy {report.Policy}: {report.All.Requests:N0} requests in {report.Elapsed.TotalSeconds:0.0} s");
        Line("exact", report.Exact);
        Line("semantic: same prompt", report.Semantic[PromptRelation.Same]);
        Line("semantic: same words", report.Semantic[PromptRelation.Normalized]);
        Line("semantic: paraphrase", report.Semantic[PromptRelation.Paraphrase]);
        Line("miss", report.Miss);
        Line("  of it refused by the policy", report.Refused);
        if (report.Bypass.Requests > 0)
        {
            Line("never cached", report.Bypass);
        }

        double seconds = report.All.OriginSeconds;
        output.WriteLine($"  origin time saved   {Duration(report.SecondsSaved)} of {Duration(seconds)}"
            + (seconds > 0 ? $" ({report.SecondsSaved / seconds:0.00%})" : " (the log has no times)"));
        output.WriteLine($"  money saved         {report.ImagesSaved * pricePerImage:N2} of {report.All.Images * pricePerImage:N2} at {pricePerImage} an image");
        output.WriteLine();

        void Line(string name, ReplayCounts counts) =>
            output.WriteLine($"  {name,-30}{counts.Requests,10:N0}  {(double)counts.Requests / Math.Max(1, report.All.Requests),8:0.00%}");
    }

    /// <summary>Header and rows of the served pairs of all reports; tabs and line breaks inside prompts become spaces.</summary>
    public static void WriteServed(TextWriter output, IEnumerable<ReplayReport> reports)
    {
        output.WriteLine("seeds\tpolicy\trelation\tprobability\tsimilarity\tasked_number\tstored_number\tasked\tstored");
        foreach (ReplayReport report in reports)
        {
            foreach (ServedPair pair in report.Served)
            {
                output.WriteLine(string.Join(
                    '\t', Name(report.Seeds), report.Policy, Name(pair.Relation), $"{pair.Probability:0.0000}", $"{pair.Similarity:0.0000}", pair.Asked, pair.Stored,
                    OneLine(pair.AskedPrompt), OneLine(pair.StoredPrompt)));
            }
        }
    }

    private static object Fields(ReplayReport report, double pricePerImage) => new
    {
        seeds = Name(report.Seeds),
        policy = report.Policy,
        requests = report.All.Requests,
        images = report.All.Images,
        exact = Part(report.Exact),
        semantic = new
        {
            samePrompt = Part(report.Semantic[PromptRelation.Same]),
            sameWords = Part(report.Semantic[PromptRelation.Normalized]),
            paraphrase = Part(report.Semantic[PromptRelation.Paraphrase]),
        },
        miss = Part(report.Miss),
        refused = Part(report.Refused),
        bypass = Part(report.Bypass),
        originSeconds = report.All.OriginSeconds,
        originSecondsSaved = report.SecondsSaved,
        money = report.All.Images * pricePerImage,
        moneySaved = report.ImagesSaved * pricePerImage,
        elapsedSeconds = report.Elapsed.TotalSeconds,
    };

    private static object Part(ReplayCounts counts) => new { requests = counts.Requests, images = counts.Images, originSeconds = counts.OriginSeconds };

    private static string Name(Enum value) => value.ToString().ToLowerInvariant();

    private static string Duration(double seconds) => seconds >= 3600 ? $"{seconds / 3600:N1} h" : $"{seconds:N0} s";

    private static string OneLine(string text) => text.Replace('\t', ' ').Replace('\n', ' ').Replace('\r', ' ');
}
