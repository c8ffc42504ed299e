using System.Diagnostics;
using System.Text;
using Afterimage.Backfill;
using Afterimage.Backfill.Jobs;
using Afterimage.Backfill.Keys;
using Afterimage.Backfill.Sources;
using Afterimage.Commands.Backfill;
using Afterimage.Configuration;
using Afterimage.Demo;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Text;
using Afterimage.Vectors;

namespace Afterimage.Bench;

/// <summary><c>backfill</c>: adopting a local folder of small images in place with the built-in embedder. AFTERIMAGE_BENCH_IMAGES sets how many (100,000).</summary>
internal static class BackfillBench
{
    private static readonly string[] Nouns = ["fox", "lighthouse", "castle", "robot", "tulip", "sailboat", "dragon", "owl", "forest", "city", "astronaut", "teapot"];
    private static readonly string[] Adjectives = ["red", "blue", "ancient", "tiny", "giant", "glowing", "wooden", "golden", "sleepy", "neon", "misty", "broken"];

    public static async Task<int> RunAsync(bool json)
    {
        int images = int.TryParse(Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_IMAGES"), out int n) ? n : 100_000;
        string root = Directory.CreateTempSubdirectory("afterimage-bench-").FullName;
        try
        {
            string folder = Path.Combine(root, "images");
            MakeImages(folder, images, 0);
            var options = new GatewayOptions { Data = Path.Combine(root, "data") };
            ITextEmbedder embedder = Composition.CreateEmbedder(options);
            await using IEntryStore store = Composition.OpenStore(options, TimeProvider.System);
            await using IVectorIndex index = Composition.OpenIndex(options, embedder.Space, new Stack<IAsyncDisposable>());
            await using var service = new BackfillService(BackfillSession.Context(options, store, embedder, index, Composition.CreatePolicy(options.Semantic, embedder.Space), SpaceRecord.Open(options.Data, embedder.Space.Id)));
            var memory = new List<(long Processed, long Bytes)>();
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            BackfillStatus status = await service.RunAsync(
                new FolderSource(folder), new BackfillOptions { InPlace = true }, again: false, s => memory.Add((s.Progress.Processed, Environment.WorkingSet)), default);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (status.Progress.Adopted != images)
            {
                Console.Error.WriteLine($"only {status.Progress.Adopted} of {images} were adopted");
                return 1;
            }

            new Measurement($"backfill in place {images} images", "images/s", images / seconds, null, "higher", 5000).Print(json);
            new Measurement("backfill processor time an image", "us", (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / images, null, "lower", 400).Print(json);
            new Measurement("backfill peak memory", "MB", memory.Max(m => m.Bytes) / 1e6, null, "lower", null).Print(json);

            // Vectors and catalogue rows are kept for every image; what else grows is a leak.
            (long Processed, long Bytes) first = memory.FirstOrDefault(m => m.Processed >= images / 4), last = memory[^1];
            if (last.Processed > first.Processed)
            {
                new Measurement("backfill memory growth after the first quarter", "B/image", (last.Bytes - first.Bytes) / (double)(last.Processed - first.Processed), null, "lower", null).Print(json);
            }

            MeasureKeys(json);
            return 0;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void MeasureKeys(bool json)
    {
        string[] keys = [.. Enumerable.Range(0, 5000).Select(i => EarlierKeyScheme.KeyOf($"/prompt/{Uri.EscapeDataString(Prompt(i))}?width=512&height=512&seed={i}&model=flux&nologo=true", EarlierKeyScheme.Version))];
        long start = Stopwatch.GetTimestamp();
        int read = keys.Count(key => KeyReader.Read(key).Prompt is not null);
        new Measurement("backfill keys read", "keys/s", read / Stopwatch.GetElapsedTime(start).TotalSeconds, null, "higher", null).Print(json);
    }

    /// <summary>One small picture with another prompt in each file: what differs is what adopting looks at.</summary>
    /// <param name="bytesMin">Files are filled up to this many bytes with a chunk that nobody reads.</param>
    public static void MakeImages(string folder, int count, int bytesMin)
    {
        byte[] picture = DemoPainter.Paint("x", 1, 32, 32);
        int header = 8 + 25;
        int pixels = picture.AsSpan().IndexOf("IDAT"u8) - 4;
        var noise = new byte[Math.Max(0, bytesMin - picture.Length)];
        new Random(1).NextBytes(noise);
        byte[] filling = bytesMin > 0 ? Images.PngMetadata.Chunk("prVt"u8, noise) : [];
        for (int i = 0; i < count; i++)
        {
            string text = $"{Prompt(i)}\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: {i}, Size: 32x32, Model: sd15";
            byte[] chunk = Images.PngMetadata.Chunk("tEXt"u8, [.. "parameters\0"u8, .. Encoding.ASCII.GetBytes(text)]);
            string sub = Path.Combine(folder, $"{i / 1000:000}");
            Directory.CreateDirectory(sub);
            File.WriteAllBytes(Path.Combine(sub, $"{i:000000}.png"), [.. picture[..header], .. chunk, .. filling, .. picture[pixels..]]);
        }
    }

    private static string Prompt(int i) =>
        $"a {Adjectives[i % 12]} {Nouns[i / 12 % 12]} beside a {Adjectives[i / 144 % 12]} {Nouns[i / 1728 % 12]}, number {i}, highly detailed, oil painting, soft light";
}
