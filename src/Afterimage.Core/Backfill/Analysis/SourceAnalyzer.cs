using System.Diagnostics;
using Afterimage.Backfill.Jobs;
using Afterimage.Backfill.Sources;
using Afterimage.Requests;
using Afterimage.Text;

namespace Afterimage.Backfill.Analysis;

/// <summary>Looks at a source: lists all of it, reads a sample, and says what adopting it would give and cost. Writes nothing.</summary>
public sealed class SourceAnalyzer(ITextEmbedder embedder, IRequestMapper mapper, ResolutionBuckets resolution, TimeProvider time)
{
    private const int ExamplesMax = 20;
    private const int ModelsMax = 20;

    // A token is about four characters; prices in US dollars a million tokens as of October 2026 (docs/backfill.md).
    private const double CharactersPerToken = 4;

    private static readonly (string Name, double DollarsPerMillionTokens)[] Prices =
    [
        ("workers-ai bge-small-en-v1.5", 0.0202), ("workers-ai bge-base-en-v1.5", 0.0666), ("workers-ai bge-large-en-v1.5", 0.204), ("workers-ai bge-m3", 0.0118),
    ];

    /// <param name="sampleMax">Images read at most; spread evenly over the listing by reservoir sampling with a fixed seed.</param>
    public async Task<AnalysisReport> RunAsync(IImageSource source, int sampleMax, int concurrency, CancellationToken cancellationToken)
    {
        var tally = new Tally();
        (List<SourceImage> sample, long listed) = await ListAsync(source, sampleMax, tally, cancellationToken);
        var job = new BackfillJob { Batch = Guid.Empty, Kind = "analyze", Source = source.Name, Space = embedder.Space.Id, Started = time.GetUtcNow(), Options = new BackfillOptions { InPlace = true } };
        var context = new BackfillContext { Store = null!, Embedder = embedder, Index = null!, Policy = null!, Mapper = mapper, Resolution = resolution, Folder = "", Time = time };
        var adopter = new ImageAdopter(context, source, job);
        long start = Stopwatch.GetTimestamp();
        var results = new AdoptedImage[sample.Count];
        await Parallel.ForAsync(0, sample.Count, new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancellationToken }, async (i, token) =>
            results[i] = await adopter.AdoptAsync(sample[i], token));
        double embedSeconds = await EmbedSecondsAsync(results, cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        foreach (AdoptedImage result in results)
        {
            tally.Add(result, resolution);
        }

        return Report(source.Name, tally, listed, results.Length, seconds + embedSeconds);
    }

    private static async Task<(List<SourceImage> Sample, long Listed)> ListAsync(IImageSource source, int sampleMax, Tally tally, CancellationToken cancellationToken)
    {
        var sample = new List<SourceImage>(Math.Min(sampleMax, 100_000));
        var random = new Random(1);
        long listed = 0;
        await foreach (SourceImage image in source.ListAsync(null, cancellationToken))
        {
            listed++;
            tally.Bytes += image.Length;
            tally.Oldest = image.Modified < (tally.Oldest ?? DateTimeOffset.MaxValue) ? image.Modified : tally.Oldest;
            tally.Newest = image.Modified > (tally.Newest ?? DateTimeOffset.MinValue) ? image.Modified : tally.Newest;
            if (sample.Count < sampleMax)
            {
                sample.Add(image);
            }
            else if (random.NextInt64(listed) is var place && place < sampleMax)
            {
                sample[(int)place] = image;
            }
        }

        return (sample, listed);
    }

    private async ValueTask<double> EmbedSecondsAsync(AdoptedImage[] results, CancellationToken cancellationToken)
    {
        const int Measured = 256;
        string[] prompts = [.. results.Where(r => r.Header is not null).Take(Measured).Select(r => r.Header!.Request.Prompt)];
        if (prompts.Length == 0)
        {
            return 0;
        }

        long start = Stopwatch.GetTimestamp();
        await embedder.EmbedAsync(prompts, new float[prompts.Length * embedder.Space.Dimensions], cancellationToken);
        return Stopwatch.GetElapsedTime(start).TotalSeconds * results.Length / prompts.Length;
    }

    private AnalysisReport Report(string source, Tally tally, long listed, long sampled, double sampleSeconds)
    {
        double share = sampled == 0 ? 0 : tally.Recovered / (double)sampled;
        long vectors = (long)Math.Round(listed * share);
        double scale = sampled == 0 ? 0 : listed / (double)sampled;
        double tokens = tally.PromptCharacters * scale / CharactersPerToken;

        // A vector is kept as float32 in the log and as 8-bit integers in memory, with about a hundred bytes beside it.
        long indexBytes = vectors * ((embedder.Space.Dimensions * 5L) + 100);
        var estimate = new AnalysisEstimate(
            sampleSeconds * scale,
            vectors,
            indexBytes,
            (long)(tally.HeaderBytes * scale),
            (long)((tally.HeaderBytes + tally.RecoveredBytes) * scale),
            Prices.ToDictionary(p => p.Name, p => Math.Round(tokens / 1e6 * p.DollarsPerMillionTokens, 4)));
        return new AnalysisReport(
            source, listed, tally.Bytes, sampled, tally.Recovered, share, tally.Oldest, tally.Newest, Sorted(tally.Strategies), Sorted(tally.Failures),
            Sorted(tally.Formats), Sorted(tally.Buckets), Sorted(tally.Models, ModelsMax), tally.Examples, estimate);
    }

    private static Dictionary<string, long> Sorted(Dictionary<string, long> counts, int max = int.MaxValue) =>
        counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Take(max).ToDictionary();

    private sealed class Tally
    {
        public long Bytes { get; set; }

        public DateTimeOffset? Oldest { get; set; }

        public DateTimeOffset? Newest { get; set; }

        public long Recovered { get; private set; }

        public long RecoveredBytes { get; private set; }

        public long PromptCharacters { get; private set; }

        public long HeaderBytes { get; private set; }

        public Dictionary<string, long> Strategies { get; } = [];

        public Dictionary<string, long> Failures { get; } = [];

        public Dictionary<string, long> Formats { get; } = [];

        public Dictionary<string, long> Buckets { get; } = [];

        public Dictionary<string, long> Models { get; } = [];

        public List<AnalysisExample> Examples { get; } = [];

        public void Add(AdoptedImage result, ResolutionBuckets resolution)
        {
            if (result.Header is { } header)
            {
                const int HeaderBytesBesidesPrompt = 700;
                Recovered++;
                RecoveredBytes += header.Length;
                PromptCharacters += header.Request.Prompt.Length;
                HeaderBytes += HeaderBytesBesidesPrompt + header.Request.Prompt.Length;
                string bucket = resolution.NameOf(header.Request.Width, header.Request.Height);
                Count(Strategies, header.Extraction!);
                Count(Formats, header.ContentType);
                Count(Buckets, bucket);
                Count(Models, header.Request.Model.Length > 0 ? header.Request.Model : "(none)");
                Example(new AnalysisExample(result.Image.Key, header.Request.Prompt, bucket, header.Request.Model, header.Extraction!));
            }
            else
            {
                Count(Failures, result.Failure!.Reason);
                Example(new AnalysisExample(result.Image.Key, null, null, null, result.Failure.Reason));
            }
        }

        private void Example(AnalysisExample example)
        {
            int alike = Examples.Count(e => e.Note == example.Note);
            if (Examples.Count < ExamplesMax && alike < 4)
            {
                Examples.Add(example);
            }
        }

        private static void Count(Dictionary<string, long> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;
    }
}
