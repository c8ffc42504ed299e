using Afterimage.Matching;
using Afterimage.Text;
using Xunit;

namespace Afterimage.Tests.Matching;

/// <summary>
/// The matcher at its default setting on labelled pairs: our own (<c>Pairs/</c>; <c>own-held-back</c> was never looked at while the matcher was made) and those of
/// <c>../shared/data/pairs</c>. Bounds are a little below what was reached, so that they tell of a step back and not of noise.
/// </summary>
public sealed class LabelledPairsTests
{
    private static readonly string Own = Path.Combine(Repository.Root, "tests", "Afterimage.Tests", "Matching", "Pairs");

    /// <summary>File, at most so much false reuse overall, at least so much reuse.</summary>
    public static TheoryData<string, double, double> OwnSets => new()
    {
        { "own-dev.tsv", 0.004, 0.87 },
        { "own-dev2.tsv", 0.006, 0.77 },
        { "own-dev3.tsv", 0.013, 0.44 },
        { "own-dev4.tsv", 0.005, 0.85 },
        { "own-dev5.tsv", 0.005, 0.86 },
        { "own-dev6.tsv", 0.004, 0.62 },
        { "own-dev7.tsv", 0.055, 0.45 },
        { "own-held-back.tsv", 0.013, 0.76 },
        { "real-served.tsv", 0.03, 0.76 },
    };

    /// <summary>The same for the sets beside the project.</summary>
    public static TheoryData<string, double, double> SharedSets => new()
    {
        { "seed.tsv", 0, 1 },
        { "generated.tsv", 0.002, 0.98 },
        { "sugarcrepe.tsv", 0.01, 0 },
        { "sugarcrepe_pp.tsv", 0.01, 0.40 },
        { "sick.tsv", 0.01, 0.60 },
        { "stsb-captions.tsv", 0.005, 0.65 },
        { "cxc.tsv", 0.005, 0.15 },
        { "multilingual.tsv", 0.005, 0 },
    };

    [Theory]
    [MemberData(nameof(OwnSets))]
    public void Our_own_pairs_are_judged_within_bounds(string file, double falseReuseMax, double reuseMin) =>
        AssertWithin(Path.Combine(Own, file), falseReuseMax, reuseMin);

    [Theory]
    [MemberData(nameof(SharedSets))]
    public void The_sets_beside_the_project_are_judged_within_bounds(string file, double falseReuseMax, double reuseMin) =>
        AssertWithin(Repository.SharedData(Path.Combine("pairs", file)), falseReuseMax, reuseMin);

    private static void AssertWithin(string path, double falseReuseMax, double reuseMin)
    {
        var embedder = new BuiltInEmbedder();
        var matcher = new MatcherPolicy(new MatcherOptions { SpaceId = embedder.Space.Id });
        string[] lines = File.ReadAllLines(path);
        string[] names = lines[0].Split('\t');
        (int label, int a, int b) = (Array.IndexOf(names, "label"), Array.IndexOf(names, "a"), Array.IndexOf(names, "b"));
        var wrong = new List<string>();
        (int right, int rights, int others) = (0, 0, 0);
        foreach (string line in lines.Skip(1))
        {
            string[] f = line.Split('\t');
            if (f[label].Length == 0)
            {
                continue;
            }

            bool reuse = matcher.Judge(PromptReading.Of(f[a]), PromptReading.Of(f[b]), float.NaN).Decision == Decision.Reuse;
            if (f[label] == "1")
            {
                rights++;
                right += reuse ? 1 : 0;
            }
            else
            {
                others++;
                if (reuse)
                {
                    wrong.Add($"{f[a]} | {f[b]}");
                }
            }
        }

        Assert.True(wrong.Count <= falseReuseMax * others, $"{wrong.Count} of {others} reused wrongly:\n{string.Join('\n', wrong.Take(20))}");
        Assert.True(right >= reuseMin * rights, $"{right} of {rights} reused");
    }
}
