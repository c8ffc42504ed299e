using System.Diagnostics;
using Afterimage.Text.Bert;

namespace Afterimage.Bench.Encoder;

/// <summary>Memory and loading time, measured in a process of its own that does nothing but load the model from its cached file and embed.</summary>
internal static class EncoderMemory
{
    /// <summary>The verb of the child process.</summary>
    public const string Verb = "encoder-memory";

    public static void Run(RandomModel model, bool json)
    {
        EncoderBench.Load(model, Precision.Int8).Dispose();
        var start = new ProcessStartInfo(Environment.ProcessPath!, [typeof(EncoderMemory).Assembly.Location, Verb]) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) != "dotnet")
        {
            start.ArgumentList.RemoveAt(0);
        }

        using Process child = Process.Start(start)!;
        string[] figures = child.StandardOutput.ReadToEnd().Split(' ');
        new Measurement($"encoder {model.Name} int8, resident memory", "MB", double.Parse(figures[0]), null, "lower", 180).Print(json);
        new Measurement($"encoder {model.Name} int8, load from the cached file", "s", double.Parse(figures[1]), null, "lower", 0.5).Print(json);
    }

    public static Task<int> ChildAsync(bool json)
    {
        long start = Stopwatch.GetTimestamp();
        using BertEncoder encoder = EncoderBench.Load(RandomModel.Base, Precision.Int8);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        for (int i = 0; i < 20; i++)
        {
            EncoderBench.Measure(encoder, 1, 16 + i, 1);
        }

        using Process self = Process.GetCurrentProcess();
        Console.Write($"{self.WorkingSet64 / 1e6:0.0} {seconds:0.000}");
        return Task.FromResult(0);
    }
}
