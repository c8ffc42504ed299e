using System.Diagnostics;
using Afterimage.Text;

namespace Afterimage.Bench;

/// <summary>The built-in embedder: time and allocation for a typical prompt (median length of real ones) and a long one. There is no peer of its kind; the aims are on ours.</summary>
internal static class EmbeddingBench
{
    private const int Rounds = 30;
    private const int CallsPerRound = 2000;

    /// <summary>Real in shape: a subject, where it is, how it is drawn, whom it imitates, and one name that no table knows.</summary>
    private const string Typical =
        "a portrait of an old fisherman mending nets on a pier at dawn, volumetric light, highly detailed, digital painting, artstation, by qorvath lindqvist";

    public static Task<int> RunAsync(bool json)
    {
        Run(json);
        return Task.FromResult(0);
    }

    /// <summary>Prints the figures; also called by the verb <c>matching</c>.</summary>
    public static void Run(bool json)
    {
        long start = Stopwatch.GetTimestamp();
        var embedder = new BuiltInEmbedder();
        float[] vector = new float[embedder.Space.Dimensions];
        embedder.Embed(Typical, vector);
        double loadMilliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;

        string four = string.Join(' ', Enumerable.Repeat(Typical, 17));
        new Measurement("embedding typical prompt", "us", Microseconds(embedder, Typical, vector, CallsPerRound), null, "lower", 50).Print(json);
        new Measurement("embedding 400 words", "us", Microseconds(embedder, four, vector, CallsPerRound / 20), null, "lower", null).Print(json);
        new Measurement("embedding misspelt prompt", "us", Microseconds(embedder, "a protrait of an odl fishermann mendding netts", vector, CallsPerRound), null, "lower", 50).Print(json);
        new Measurement("embedding allocation a prompt", "bytes", Allocation(embedder, vector), null, "lower", 0).Print(json);
        new Measurement("embedding load and first prompt", "ms", loadMilliseconds, null, "lower", null).Print(json);
    }

    // The fastest round: what the code needs when nobody else uses the machine.
    private static double Microseconds(BuiltInEmbedder embedder, string prompt, float[] vector, int calls)
    {
        double best = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < calls; i++)
            {
                embedder.Embed(prompt, vector);
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds / calls);
        }

        return best;
    }

    private static double Allocation(BuiltInEmbedder embedder, float[] vector)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < CallsPerRound; i++)
        {
            embedder.Embed(Typical, vector);
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)CallsPerRound;
    }
}
