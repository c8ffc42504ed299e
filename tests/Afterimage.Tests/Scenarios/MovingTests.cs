using Afterimage.Tests.Cloud.S3;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>From one machine to a bucket with a database or Vectorize, and back.</summary>
public sealed class MovingTests : IDisposable
{
    private const string Size = "?width=64&height=64";
    private static readonly string[] Prompts = ["a red fox", "a blue whale", "a green bicycle", "two grey owls", "a yellow submarine"];

    private readonly string _local = Directory.CreateTempSubdirectory("afterimage-move-").FullName;

    public static TheoryData<string> Indexes => ["PostgreSQL", "Vectorize"];

    private string Entries => Path.Combine(_local, "entries");

    public void Dispose() => Directory.Delete(_local, recursive: true);

    [Theory]
    [MemberData(nameof(Indexes))]
    public async Task A_local_store_moves_to_a_bucket_and_a_shared_index_and_back_and_a_move_can_be_taken_back(string index)
    {
        await using Cluster cluster = await StartAsync(index);
        Dictionary<string, string> pictures = await DrawAsync(cluster, Prompts);

        // There. A second time adopts nothing: all of it is there already.
        await RunAsync(cluster, "run", Entries);
        Assert.Equal((Prompts.Length, (long)Prompts.Length), (cluster.StoredEntries, await cluster.StoredVectorsAsync()));
        await RunAsync(cluster, "run", Entries, "--again");
        Assert.Equal((Prompts.Length, (long)Prompts.Length), (cluster.StoredEntries, await cluster.StoredVectorsAsync()));
        await RunAsync(cluster, "validate");

        Cluster.Gateway gateway = await cluster.AddAsync();
        await gateway.UntilUpAsync("bucket", "index");
        foreach (string prompt in Prompts)
        {
            Answer hit = await gateway.GetAsync(Target(prompt));
            Assert.Equal(("HIT exact", pictures[prompt]), (hit.Cache, Convert.ToHexString(hit.Body)));
        }

        Assert.Equal("HIT semantic", (await gateway.GetAsync(Target("a picture of a red fox"))).Cache);
        await gateway.DisposeAsync();

        // And back, into an empty folder.
        string back = cluster.DataOf(7);
        await using (ProgramProcess program = ProgramProcess.Start(
            Cluster.Credentials, "backfill", "run", $"s3://{FakeS3.Bucket}/afterimage/", "--copy", "--endpoint", cluster.BucketUrl, "--data", back, "--Store:FreeDiskBytesMin", "0"))
        {
            int exit = await program.ExitAsync();
            Assert.True(exit == 0, string.Join('\n', program.Lines));
        }

        await using (TestGateway last = await TestGateway.StartAsync(cluster.Origin, back, keepData: true))
        {
            await last.Host.ReadyAsync();
            foreach (string prompt in Prompts)
            {
                Answer hit = await last.GetAsync(Target(prompt));
                Assert.Equal(("HIT exact", pictures[prompt]), (hit.Cache, Convert.ToHexString(hit.Body)));
            }

            Assert.Equal("HIT semantic", (await last.GetAsync(Target("a picture of a red fox"))).Cache);
        }

        Assert.Equal(Prompts.Length, cluster.Origin.Calls);
        await RollBackAsync(cluster);
        Assert.Equal((0, 0L), (cluster.StoredEntries, await cluster.StoredVectorsAsync()));
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public async Task A_move_that_is_killed_halfway_goes_on_where_it_stopped(string index)
    {
        await using Cluster cluster = await StartAsync(index);
        string[] prompts = [.. Enumerable.Range(0, 30).Select(n => $"picture of a striped thing number {n}")];
        Dictionary<string, string> pictures = await DrawAsync(cluster, prompts);

        await using (ProgramProcess move = cluster.Begin(0, "backfill", "run", Entries, "--rate", "8", "--concurrency", "1"))
        {
            await Cluster.UntilAsync(() => Task.FromResult(cluster.StoredEntries >= 5));
            move.Kill();
            await move.ExitAsync();
        }

        Assert.InRange(cluster.StoredEntries, 5, prompts.Length - 1);
        string printed = await RunAsync(cluster, "run", Entries);
        Assert.True((cluster.StoredEntries, await cluster.StoredVectorsAsync()) == (prompts.Length, prompts.Length), printed);
        await RunAsync(cluster, "validate");
        Assert.Single(Batches(cluster));

        Cluster.Gateway gateway = await cluster.AddAsync();
        foreach (string prompt in prompts)
        {
            Answer hit = await gateway.GetAsync(Target(prompt));
            Assert.Equal(("HIT exact", pictures[prompt]), (hit.Cache, Convert.ToHexString(hit.Body)));
        }

        await gateway.DisposeAsync();
        await RollBackAsync(cluster);
        Assert.Equal((0, 0L), (cluster.StoredEntries, await cluster.StoredVectorsAsync()));
    }

    private static Task<Cluster> StartAsync(string index) => index == "Vectorize" ? Cluster.StartOnCloudflareAsync(0) : Cluster.StartAsync(0);

    // Fills the local store; returns the pictures by their prompts.
    private async Task<Dictionary<string, string>> DrawAsync(Cluster cluster, string[] prompts)
    {
        var pictures = new Dictionary<string, string>();
        await using TestGateway gateway = await TestGateway.StartAsync(cluster.Origin, _local, keepData: true, ("Semantic:Mode", "off"));
        foreach (string prompt in prompts)
        {
            pictures[prompt] = Convert.ToHexString((await gateway.GetAsync(Target(prompt))).Body);
        }

        await gateway.SettleAsync();
        return pictures;
    }

    private static async Task<string> RunAsync(Cluster cluster, params string[] arguments)
    {
        (int code, string printed) = await cluster.RunAsync(0, ["backfill", .. arguments]);
        Assert.True(code == 0, printed);
        return printed;
    }

    private static async Task RollBackAsync(Cluster cluster)
    {
        foreach (string batch in Batches(cluster))
        {
            await RunAsync(cluster, "rollback", batch, "--yes");
        }
    }

    private static IEnumerable<string> Batches(Cluster cluster) => Directory.EnumerateDirectories(Path.Combine(cluster.DataOf(0), "backfill")).Select(f => Path.GetFileName(f)!);

    private static string Target(string prompt) => $"/prompt/{Uri.EscapeDataString(prompt)}{Size}";
}
