using System.Diagnostics;
using System.Text;
using Afterimage.Matching;
using MatcherPolicy = Afterimage.Matching.MatcherPolicy;

namespace Afterimage.Bench;

/// <summary>Prompt reading and matching: time and allocations per call. No peer does this step, so the aims are absolute.</summary>
internal static class Matching
{
    private const int Rounds = 12;

    private static readonly string[] Typical =
    [
        "portrait of a young woman with red hair in a blue coat, oil painting, dramatic lighting, highly detailed, by greg rutkowski",
        "portrait of a young lady with red hair wearing a blue coat, oil painting, dramatic lighting, highly detailed, by greg rutkowski",
    ];

    public static Task<int> RunAsync(bool json)
    {
        string longA = Long(400, shift: 0);
        string longB = Long(400, shift: 3);
        Measure("read typical prompt", 200, () => PromptReading.Of(Typical[0]), json);
        Measure("read prompt of 400 words", 2000, () => PromptReading.Of(longA), json);
        PairOf("match two typical prompts", Typical[0], Typical[1], 200, json);
        PairOf("match two swapped captions", "A dog sitting on the couch with a cat lying on the floor.", "A cat is on the couch while the dog lies on the floor.", 200, json);
        PairOf("match two prompts of 400 words", longA, longB, 2000, json);
        return Task.FromResult(0);
    }

    private static void PairOf(string name, string a, string b, double aimMicroseconds, bool json)
    {
        var matcher = new MatcherPolicy(new MatcherOptions());
        PromptReading first = PromptReading.Of(a);
        PromptReading second = PromptReading.Of(b);
        Measure(name, aimMicroseconds, () => matcher.Judge(first, second, 0.9f), json);
    }

    private static void Measure<T>(string name, double aimMicroseconds, Func<T> action, bool json)
    {
        // Long enough for the runtime to finish compiling what is hot.
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalSeconds < 1.5;)
        {
            action();
        }

        double best = double.MaxValue;
        long bytes = 0;
        for (int round = 0; round < Rounds; round++)
        {
            const int Calls = 200;
            long before = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Calls; i++)
            {
                action();
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds / Calls);
            bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Calls;
        }

        new Measurement(name, "us", best, null, "lower", aimMicroseconds).Print(json);
        new Measurement(name + ", allocated", "KiB", bytes / 1024.0, null, "lower", null).Print(json);
    }

    // Four hundred words of one scene after another; the shift exchanges a few of them.
    private static string Long(int words, int shift)
    {
        string[] nouns = ["dog", "tree", "castle", "river", "child", "umbrella", "bridge", "horse", "lantern", "window", "mountain", "boat"];
        string[] adjectives = ["red", "old", "small", "wooden", "bright", "misty", "golden", "quiet", "broken", "tall", "blue"];
        var text = new StringBuilder();
        for (int i = 0; i < words / 8; i++)
        {
            int k = i + (i % 17 == 0 ? shift : 0);
            text.Append($"a {adjectives[k % 11]} {nouns[k % 12]} near the {adjectives[(k * 7) % 11]} {nouns[(k * 5) % 12]}, ");
        }

        return text.ToString();
    }
}
