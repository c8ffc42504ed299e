using System.Globalization;
using Afterimage.Cloud.Cloudflare;

namespace Afterimage.Cloud.Planning;

/// <summary>Turns numbers into setups with sizes, monthly cost and warnings. Pure: the same input and prices give the same plan.</summary>
internal static class Planner
{
    private const double Gb = 1e9;

    // In process: float16 components, and keys, partition, seed, batch and graph links beside them.
    private const double LocalBytesPerVector = 160;

    // Catalogue of the entry store in memory.
    private const double EntryBytes = 200;

    // pgvector HNSW with m = 16, measured: 195 MB for 100,000 vectors of 384 dimensions, of which 154 MB are the components.
    private const double GraphBytesPerVector = 420;

    // Row header, two hashes, seed, batch, time, and its places in three b-trees.
    private const double RowBytes = 380;

    // A gateway core serves hits from memory at several thousand a second; a tenth of that leaves room for everything else.
    private const double RequestsPerCpu = 500;

    // Searches that one core of PostgreSQL answers from a graph of 100,000 to millions of vectors (1 to 4 ms each), with half left free.
    private const double LookupsPerDatabaseCpu = 150;

    private const double MachineDiskGbMax = 16_000;
    private const double MachineMemoryGbMax = 256;

    public static Plan Make(PlanInput input, PriceTable prices)
    {
        PlanLoad load = PlanLoad.Of(input);
        return new Plan(input, load, prices, [OneMachine(input, load, prices), Postgres(input, load, prices), Cloudflare(input, load, prices)]);
    }

    /// <summary>What Vectorize charges a month: stored and queried dimensions.</summary>
    public static (decimal Stored, decimal Queried) VectorizeCost(double vectors, double queries, int dimensions, PriceTable prices) => (
        (decimal)(vectors * dimensions / 100e6) * prices["vectorizeStoredPer100MDimensions"],
        (decimal)(queries * dimensions / 1e6) * prices["vectorizeQueriedPer1MDimensions"]);

    private static PlanSetup OneMachine(PlanInput input, PlanLoad load, PriceTable prices)
    {
        double vectors = input.Images * ((2.0 * input.Dimensions) + LocalBytesPerVector) / Gb;
        double memory = Math.Ceiling(1 + vectors + (input.Images * EntryBytes / Gb));
        double disk = Math.Ceiling(10 + (1.05 * input.Images * input.ImageBytes / Gb) + (1.5 * vectors));
        double cpus = Math.Max(1, Math.Ceiling(load.PeakRequests / RequestsPerCpu));
        var warnings = new List<string>();
        Warn(warnings, disk > MachineDiskGbMax, $"The images need {N(disk)} GB of disk, more than one machine usually has ({N(MachineDiskGbMax)} GB); put the entries into S3 or R2.");
        Warn(warnings, memory > MachineMemoryGbMax, $"The index needs {N(memory)} GB of memory, more than one machine usually has ({N(MachineMemoryGbMax)} GB); use fewer dimensions or the index provider postgres.");
        return new PlanSetup(
            "one machine",
            [
                Line("memory", $"1 GB + {N(input.Images)} x (2 x {input.Dimensions} + {LocalBytesPerVector} + {EntryBytes}) B", $"{N(memory)} GB", memory, prices, "machineMemoryPerGb"),
                Line("disk", $"10 GB + {N(input.Images)} x {N(input.ImageBytes)} B x 1.05 + index", $"{N(disk)} GB", disk, prices, "machineDiskPerGb"),
                Line("processors", $"{N(load.PeakRequests)} requests/s at the peak / {N(RequestsPerCpu)}", $"{N(cpus)} vCPU", cpus, prices, "machineCpuPerMonth"),
            ],
            warnings);
    }

    private static PlanSetup Postgres(PlanInput input, PlanLoad load, PriceTable prices)
    {
        double graph = input.Images * ((4.0 * input.Dimensions) + GraphBytesPerVector) / Gb;
        double table = input.Images * ((4.0 * input.Dimensions) + RowBytes) / Gb;
        double memory = Math.Ceiling(2 + (1.25 * graph)), disk = Math.Ceiling(20 + (2 * (graph + table)));
        double cpus = Math.Max(2, Math.Ceiling(load.PeakLookups / LookupsPerDatabaseCpu));
        double reads = load.Hits * (1 - input.HotShare), stored = input.Images * input.ImageBytes / Gb;
        var warnings = new List<string>();
        Warn(warnings, input.Dimensions > 2_000 && input.Dimensions <= 4_000, $"pgvector builds a graph over {input.Dimensions} dimensions in half precision only (2,000 is the bound in full precision).");
        Warn(warnings, input.Dimensions > 4_000, $"pgvector builds no graph over {input.Dimensions} dimensions (4,000 is the bound); large partitions are scanned.");
        Warn(warnings, memory > MachineMemoryGbMax, $"The graph wants {N(memory)} GB of database memory; shard by partition hash (docs/scaling.md).");
        List<PlanLine> lines =
        [
            .. Gateways(input, load, prices),
            Line("database memory", $"2 GB + 1.25 x {N(input.Images)} x (4 x {input.Dimensions} + {GraphBytesPerVector}) B (graph in memory)", $"{N(memory)} GB", memory, prices, "machineMemoryPerGb"),
            Line("database disk", $"20 GB + 2 x (graph + {N(input.Images)} x (4 x {input.Dimensions} + {RowBytes}) B)", $"{N(disk)} GB", disk, prices, "machineDiskPerGb"),
            Line("database processors", $"{N(load.PeakLookups)} searches/s at the peak / {N(LookupsPerDatabaseCpu)}, at least 2", $"{N(cpus)} vCPU", cpus, prices, "machineCpuPerMonth"),
            Line("S3 storage", $"{N(input.Images)} x {N(input.ImageBytes)} B", $"{N(stored)} GB", stored, prices, "s3StoragePerGb"),
            Line("S3 writes", "misses", N(load.Misses), load.Misses / 1e6, prices, "s3WritesPer1M"),
            Line("S3 reads", $"hits x (1 - {input.HotShare.ToString(CultureInfo.InvariantCulture)} from the hot tier)", N(reads), reads / 1e6, prices, "s3ReadsPer1M"),
        ];
        return new PlanSetup("PostgreSQL + S3", lines, warnings);
    }

    private static PlanSetup Cloudflare(PlanInput input, PlanLoad load, PriceTable prices)
    {
        (decimal storedCost, decimal queriedCost) = VectorizeCost(input.Images, load.Lookups, input.Dimensions, prices);
        double tokens = load.Lookups * input.PromptTokens, reads = load.Hits * (1 - input.HotShare), stored = input.Images * input.ImageBytes / Gb;
        List<PlanLine> lines =
        [
            .. Gateways(input, load, prices),
            new("Workers paid plan", "", "1", prices["cloudflareBasePerMonth"]),
            new("Vectorize stored dimensions", $"{N(input.Images)} vectors x {input.Dimensions} / 100 M x {prices["vectorizeStoredPer100MDimensions"]}", N((double)input.Images * input.Dimensions), storedCost),
            new("Vectorize queried dimensions", $"{N(load.Lookups)} queries x {input.Dimensions} / 1 M x {prices["vectorizeQueriedPer1MDimensions"]}", N(load.Lookups * input.Dimensions), queriedCost),
            Line("Workers AI tokens", $"{N(load.Lookups)} prompts x {input.PromptTokens}", N(tokens), tokens / 1e6, prices, "workersAiEmbeddingPer1MTokens"),
            Line("R2 storage", $"{N(input.Images)} x {N(input.ImageBytes)} B", $"{N(stored)} GB", stored, prices, "r2StoragePerGb"),
            Line("R2 class A (writes)", "misses", N(load.Misses), load.Misses / 1e6, prices, "r2WritesPer1M"),
            Line("R2 class B (reads)", $"hits x (1 - {input.HotShare.ToString(CultureInfo.InvariantCulture)} from the hot tier)", N(reads), reads / 1e6, prices, "r2ReadsPer1M"),
        ];
        return new PlanSetup("Cloudflare", lines, CloudflareWarnings(input, load));
    }

    private static List<string> CloudflareWarnings(PlanInput input, PlanLoad load)
    {
        var warnings = new List<string>();
        Warn(warnings, input.Images > VectorizeLimits.Vectors, $"{N(input.Images)} vectors exceed the 20,000,000 that one Vectorize index holds.");
        Warn(warnings, input.Dimensions > VectorizeLimits.Dimensions, $"Vectorize stores at most 1,536 dimensions, not {input.Dimensions}.");
        double calls = load.PeakLookups * 300 * 2;
        Warn(
            warnings,
            calls > CloudflareOptions.RequestsPerFiveMinutesLimit,
            $"At the peak {N(calls)} API calls in 5 minutes (an embedding and a query for each of {N(load.PeakLookups * 300)} lookups) exceed the account's 1,200; "
            + $"above {N(CloudflareOptions.RequestsPerFiveMinutesLimit / 600.0)} lookups/s requests skip the semantic tier. The built-in or a local embedder halves the calls.");
        double rewrites = load.PeakRequests * input.TopShare * input.RefreshShare;
        Warn(warnings, rewrites > 1, $"The most popular picture would be rewritten {N(rewrites)} times a second at the peak; R2 takes one write a second per key. Limit who may send no-cache.");
        return warnings;
    }

    private static IEnumerable<PlanLine> Gateways(PlanInput input, PlanLoad load, PriceTable prices)
    {
        double cpus = Math.Max(input.Gateways, Math.Ceiling(load.PeakRequests / RequestsPerCpu)), memory = 2.0 * input.Gateways;
        yield return Line("gateway processors", $"{N(load.PeakRequests)} requests/s at the peak / {N(RequestsPerCpu)}, at least one each of {input.Gateways}", $"{N(cpus)} vCPU", cpus, prices, "machineCpuPerMonth");
        yield return Line("gateway memory", $"2 GB x {input.Gateways}", $"{N(memory)} GB", memory, prices, "machineMemoryPerGb");
    }

    private static void Warn(List<string> warnings, bool when, string sentence)
    {
        if (when)
        {
            warnings.Add(sentence);
        }
    }

    private static PlanLine Line(string item, string formula, string quantity, double amount, PriceTable prices, string price) =>
        new(item, string.Create(CultureInfo.InvariantCulture, $"({formula}) x {prices[price]} {Unit(price)}"), quantity, (decimal)amount * prices[price]);

    private static string Unit(string price) =>
        price.EndsWith("PerGb", StringComparison.Ordinal) ? "per GB" : price.Contains("Per1M", StringComparison.Ordinal) ? "per million" : "each";

    private static string N(double value) => value.ToString(value is < 100 and not 0 && value != Math.Floor(value) ? "0.##" : "#,0", CultureInfo.InvariantCulture);
}
