using Afterimage.Tests.Cloud.S3;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>From one machine to a bucket and a database, and back.</summary>
public sealed class MovingTests
{
    private const string Size = "?width=64&height=64";
    private static readonly string[] Prompts = ["a red fox", "a blue whale", "a green bicycle", "two grey owls", "a yellow submarine"];

    [Fact]
    public async Task A_local_store_moves_to_a_bucket_and_a_database_and_back_and_a_move_can_be_taken_back()
    {
        await using Cluster cluster = await Cluster.StartAsync(0);
        string local = Directory.CreateTempSubdirectory("afterimage-move-").FullName;
        try
        {
            var pictures = new Dictionary<string, string>();
            await using (TestGateway first = await TestGateway.StartAsync(cluster.Origin, local, keepData: true))
            {
                foreach (string prompt in Prompts)
                {
                    pictures[prompt] = Convert.ToHexString((await first.GetAsync(Target(prompt))).Body);
                }

                await first.SettleAsync();
            }

            // There. A second time adopts nothing: all of it is there already.
            string entries = Path.Combine(local, "entries");
            Assert.Equal(0, (await cluster.RunAsync(0, "backfill", "run", entries)).Code);
            Assert.Equal((Prompts.Length, (long)Prompts.Length), (cluster.StoredEntries, await cluster.StoredVectorsAsync()));
            Assert.Equal(0, (await cluster.RunAsync(0, "backfill", "run", entries, "--again")).Code);
            Assert.Equal((Prompts.Length, (long)Prompts.Length), (cluster.StoredEntries, await cluster.StoredVectorsAsync()));
            (int code, string printed) = await cluster.RunAsync(0, "backfill", "validate");
            Assert.True(code == 0, printed);

            Cluster.Gateway gateway = await cluster.AddAsync();
            await gateway.UntilUpAsync("bucket", "database", "index");
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

            // The first move is taken back: nothing of it stays.
            foreach (string batch in Directory.EnumerateDirectories(Path.Combine(cluster.DataOf(0), "backfill")).Select(f => Path.GetFileName(f)!))
            {
                Assert.Equal(0, (await cluster.RunAsync(0, "backfill", "rollback", batch, "--yes")).Code);
            }

            Assert.Equal((0, 0L), (cluster.StoredEntries, await cluster.StoredVectorsAsync()));
        }
        finally
        {
            Directory.Delete(local, recursive: true);
        }
    }

    private static string Target(string prompt) => $"/prompt/{Uri.EscapeDataString(prompt)}{Size}";
}
