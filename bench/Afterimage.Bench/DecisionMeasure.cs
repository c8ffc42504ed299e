using System.Diagnostics;
using System.IO.Compression;
using Afterimage.Caching;
using Afterimage.Configuration;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Matching.Learning;
using Afterimage.Requests;
using Afterimage.Text;
using Afterimage.Vectors;

namespace Afterimage.Bench;

/// <summary>
/// <c>decision</c>: what a semantic decision costs with 10,000 real prompts in one partition: embedding, search, reading the candidates' headers, judging.
/// There is no peer that decides in this way; the aim is on ours.
/// </summary>
internal static class DecisionMeasure
{
    private const int Entries = 10_000;
    private const int Queries = 2_000;

    public static async Task<int> RunAsync(bool json)
    {
        // Captions are a sentence; these prompts are often lists of fifty words.
        foreach ((string file, string column, string name) in new[] { ("coco-captions.tsv.gz", "caption", "captions"), ("diffusiondb-prompts.tsv.gz", "prompt", "long prompts") })
        {
            string path = Path.Combine(BenchPaths.Root, "..", "shared", "data", "text", file);
            if (!File.Exists(path))
            {
                Console.Error.WriteLine($"decision needs ../shared/data/text/{file}");
                return 1;
            }

            await MeasureAsync([.. Read(path, column).Distinct().Take(Entries)], name, json);
        }

        return 0;
    }

    private static async Task MeasureAsync(string[] lines, string name, bool json)
    {
        string folder = Directory.CreateTempSubdirectory("afterimage-bench-").FullName;
        GatewayOptions options = ConfigurationLoader.Load(null, [new("Origin:Url", "demo"), new("Data", folder), new("Store:Flush", "false"), new("Store:FreeDiskBytesMin", "0")], [])!;
        var owned = new Stack<IAsyncDisposable>();
        ITextEmbedder embedder = Composition.CreateEmbedder(options);
        await using IEntryStore store = Composition.OpenStore(options, TimeProvider.System);
        await using IVectorIndex index = Composition.OpenIndex(options, embedder.Space, owned);
        using var learner = new CalibrationLearner(new LearnerOptions());
        var tier = new SemanticTier(embedder, index, Composition.CreatePolicy(options.Semantic, embedder.Space), store, learner, Composition.TierOptions(options.Semantic, ResolutionBuckets.Exact), TimeProvider.System);

        var records = new List<VectorRecord>();
        foreach (string prompt in lines)
        {
            EntryHeader entry = Describe(prompt);
            await store.PutAsync(entry, new byte[100], CancellationToken.None);
            if (await tier.RecordOfAsync(entry, null, CancellationToken.None) is { } record)
            {
                records.Add(record);
            }
        }

        await index.AddAsync(records, CancellationToken.None);
        var times = new double[Queries];
        for (int round = 0; round < 6; round++)
        {
            for (int i = 0; i < Queries; i++)
            {
                ImageRequest request = Describe("a drawing of " + lines[i * 7919 % lines.Length]).Request;
                long start = Stopwatch.GetTimestamp();
                await tier.FindAsync(request, SeedRule.Strict, null, CancellationToken.None);
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        Array.Sort(times);
        new Measurement($"semantic decision, {records.Count} {name} in the partition, p50", "ms", times[Queries / 2], null, "lower", 0.5).Print(json);
        new Measurement($"semantic decision, {records.Count} {name} in the partition, p99", "ms", times[Queries * 99 / 100], null, "lower", null).Print(json);
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>An entry as live traffic makes it, with 100 bytes for a picture.</summary>
    internal static EntryHeader Describe(string prompt)
    {
        var request = new ImageRequest { Dialect = "pollinations", Prompt = prompt, Seed = Seed.Defaulted(42), Model = "flux", Width = 512, Height = 512 };
        return new EntryHeader
        {
            Id = Diagnostics.Ulid.New(DateTimeOffset.UtcNow),
            Request = request,
            Key = request.ExactKey,
            Created = DateTimeOffset.UtcNow,
            ContentType = "image/png",
            ContentHash = Hash256.Of(new byte[100]),
            Length = 100,
        };
    }

    private static IEnumerable<string> Read(string path, string columnName)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        string[] header = reader.ReadLine()!.Split('\t');
        int column = Math.Max(0, Array.IndexOf(header, columnName));
        while (reader.ReadLine() is { } line)
        {
            yield return line.Split('\t')[column];
        }
    }
}
