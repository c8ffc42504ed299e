using Afterimage.Bench.Index;
using Afterimage.Caching;
using Afterimage.Cloud.Postgres;
using Afterimage.Configuration;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Matching.Learning;
using Afterimage.Requests;
using Afterimage.Text;
using Afterimage.Vectors;

namespace Afterimage.Bench.Postgres;

/// <summary>
/// Whole semantic decisions through PostgreSQL without the hot tier, 100,000 real prompts in one partition: embedding (built-in, 192 dimensions), search,
/// reading the candidates' headers, judging. The peer is the bare SQL query for the same candidates, which is handed its vector.
/// </summary>
internal static class PostgresDecision
{
    private const int Entries = 100_000;
    private const int Queries = 2_000;

    public static async Task LoadAsync(BenchServer server, string schema, bool json)
    {
        await server.DropAsync(schema);
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }

        await using Parts parts = Parts.Open(server, schema);
        IEnumerable<VectorRecord[]> blocks = parts.Prompts.Chunk(parts.Options.BulkRowsMax).Select(block => block.Select(prompt =>
        {
            EntryHeader entry = DecisionMeasure.Describe(prompt);
            parts.Store.PutAsync(entry, new byte[100], CancellationToken.None).AsTask().Wait();
            return parts.Tier.RecordOfAsync(entry, null, CancellationToken.None).AsTask().Result;
        }).OfType<VectorRecord>().ToArray());
        await PostgresBench.FillAsync(server, parts.Options, parts.Index, $"{Entries} prompts", blocks, json);
    }

    public static async Task MeasureAsync(BenchServer server, string schema, bool json)
    {
        await using Parts parts = Parts.Open(server, schema);
        while (!parts.Store.Status.Loaded)
        {
            await Task.Delay(20);
        }

        int candidates = parts.Tier.Options.Candidates, dimensions = parts.Tier.Embedder.Space.Dimensions;
        ImageRequest[] asked = [.. Enumerable.Range(0, Queries).Select(i => DecisionMeasure.Describe("a drawing of " + parts.Prompts[i * 7919 % Entries]).Request)];
        float[][] vectors = [.. asked.Select(_ => new float[dimensions])];
        for (int i = 0; i < Queries; i++)
        {
            await parts.Tier.Embedder.EmbedAsync([asked[i].Prompt], vectors[i], default);
        }

        byte[] partition = new byte[Hash256.Size];
        asked[0].PartitionKey(ResolutionBuckets.Exact).WriteTo(partition);
        await using BareQuery bare = await BareQuery.OpenAsync(parts.Options, dimensions, candidates);
        int judged = 0;
        (double[] ours, double[] theirs) = await PostgresBench.InTurnsAsync(
            Queries,
            async i => judged += (await parts.Tier.FindAsync(asked[i], SeedRule.Strict, null, default)).Best is null ? 0 : 1,
            i => bare.AskAsync(vectors[i], partition));
        if (judged == 0)
        {
            throw new InvalidOperationException("no decision found a candidate: load:decision first");
        }

        new Measurement($"semantic decision, {Entries} prompts, p50{server.Where}", "ms", ours[Queries / 2], null, "lower", 5).Print(json);
        new Measurement($"semantic decision, {Entries} prompts, p50{server.Where}; bare SQL", "ms", ours[Queries / 2], theirs[Queries / 2], "lower", 1.3).Print(json);
        new Measurement($"semantic decision, {Entries} prompts, p99{server.Where}; bare SQL", "ms", ours[Queries * 99 / 100], theirs[Queries * 99 / 100], "lower", null).Print(json);
        (ours, theirs) = await PostgresBench.InTurnsAsync(
            Queries,
            async i => await parts.Index.SearchAsync(new VectorQuery(asked[i].PartitionKey(ResolutionBuckets.Exact), null, vectors[i], candidates, parts.Tier.Options.CandidateSimilarityMin), default),
            i => bare.AskAsync(vectors[i], partition));
        new Measurement($"its search alone, p50{server.Where}; bare SQL", "ms", ours[Queries / 2], theirs[Queries / 2], "lower", 1.3).Print(json);
    }

    private static string Folder => Path.Combine(BenchPaths.Root, "artifacts", "bench-postgres");

    private sealed class Parts(PostgresOptions options, PostgresDatabase database, IVectorIndex index, IEntryStore store, CalibrationLearner learner, SemanticTier tier) : IAsyncDisposable
    {
        public PostgresOptions Options => options;

        public IVectorIndex Index => index;

        public IEntryStore Store => store;

        public SemanticTier Tier => tier;

        public string[] Prompts { get; } = [.. PromptVectors.Prompts().Take(Entries)];

        public static Parts Open(BenchServer server, string schema)
        {
            GatewayOptions settings = ConfigurationLoader.Load(null, [new("Origin:Url", "demo"), new("Data", Folder), new("Store:Flush", "false"), new("Store:FreeDiskBytesMin", "0")], [])!;
            PostgresOptions options = server.Options(schema, Entries);
            ITextEmbedder embedder = Composition.CreateEmbedder(settings, TimeProvider.System, new OperatorReports(TimeProvider.System));
            var database = new PostgresDatabase(options);
            var index = new PostgresVectorIndex(database, embedder.Space.Id, embedder.Space.Dimensions);
            IEntryStore store = Composition.OpenStore(settings, TimeProvider.System);
            var learner = new CalibrationLearner(new LearnerOptions());
            var tier = new SemanticTier(
                embedder, index, Composition.CreatePolicy(settings.Semantic, embedder.Space), store, learner, Composition.TierOptions(settings.Semantic, ResolutionBuckets.Exact), TimeProvider.System);
            return new Parts(options, database, index, store, learner, tier);
        }

        public async ValueTask DisposeAsync()
        {
            await index.DisposeAsync();
            await database.DisposeAsync();
            await store.DisposeAsync();
            learner.Dispose();
        }
    }
}
