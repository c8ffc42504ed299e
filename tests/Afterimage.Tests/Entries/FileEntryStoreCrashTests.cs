using System.Diagnostics;
using Afterimage.Entries;
using Xunit;

namespace Afterimage.Tests.Entries;

/// <summary>
/// Kill -9 at random moments while a child process writes, replaces, deletes and evicts; then the store is opened again and must be whole. Two dozen kills by
/// default, hundreds with <c>AFTERIMAGE_TEST_HEAVY=1</c>.
/// </summary>
public sealed class FileEntryStoreCrashTests
{
    private static int Kills => Environment.GetEnvironmentVariable("AFTERIMAGE_TEST_HEAVY") == "1" ? 200 : 12;

    [Fact]
    public async Task After_a_kill_no_entry_is_torn_and_none_that_was_acknowledged_is_lost()
    {
        using var folder = new TemporaryFolder();
        var expected = new Dictionary<int, int?>();
        var random = new Random(20261121);
        for (int kill = 0; kill < Kills; kill++)
        {
            Dictionary<int, int?> open = await RunAndKillAsync(folder.Path, kill, bytesMax: 0, random, expected);
            await using FileEntryStore store = FileEntryStore.Open(CrashChild.Options(folder.Path, 0), TimeProvider.System);
            Dictionary<int, int> found = await VerifyWholeAsync(store, folder);
            foreach (int key in Enumerable.Range(0, CrashChild.Keys))
            {
                int? version = found.TryGetValue(key, out int v) ? v : null;
                bool acknowledged = version == expected.GetValueOrDefault(key);
                bool underWay = open.TryGetValue(key, out int? next) && version == next;
                Assert.True(acknowledged || underWay, $"kill {kill}: key {key} has version {version}, acknowledged {expected.GetValueOrDefault(key)}, under way {next}");
                expected[key] = version;
            }
        }
    }

    [Fact]
    public async Task After_a_kill_during_eviction_the_bound_holds_and_the_ledger_is_the_disk()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(42);
        const long bytesMax = 150_001;
        for (int kill = 0; kill < Kills; kill++)
        {
            var written = new Dictionary<int, int?>();
            await RunAndKillAsync(folder.Path, kill, bytesMax, random, written);

            // Without a bound, so that nothing leaves while it is looked at.
            await using FileEntryStore store = FileEntryStore.Open(CrashChild.Options(folder.Path, 0), TimeProvider.System);
            await VerifyWholeAsync(store, folder);
            Assert.InRange(store.Status.Bytes, 1, bytesMax);
        }
    }

    /// <summary>Runs a child until a random moment. Brings <paramref name="acknowledged"/> up to date and returns what was begun and not acknowledged; null stands for deleted.</summary>
    private static async Task<Dictionary<int, int?>> RunAndKillAsync(
        string folder, int seed, long bytesMax, Random random, Dictionary<int, int?> acknowledged)
    {
        using Process child = CrashChild.Start(folder, seed, bytesMax);
        var open = new Dictionary<int, int?>();
        int lines = random.Next(1, 400);
        int spins = random.Next(0, 30_000);
        bool killed = false;
        while (await child.StandardOutput.ReadLineAsync() is { } line)
        {
            string[] words = line.Split(' ');
            if (words[0] == "begin" && words.Length == 4)
            {
                open[int.Parse(words[2])] = words[1] == "put" ? int.Parse(words[3]) : null;
            }
            else if (words[0] == "done" && open.Remove(int.Parse(words[1]), out int? version))
            {
                acknowledged[int.Parse(words[1])] = version;
            }

            if (--lines <= 0 && !killed)
            {
                Thread.SpinWait(spins);
                child.Kill();
                killed = true;
            }
        }

        await child.WaitForExitAsync();
        Assert.True(killed, await child.StandardError.ReadToEndAsync());
        return open;
    }

    private static async Task<Dictionary<int, int>> VerifyWholeAsync(FileEntryStore store, TemporaryFolder folder)
    {
        await store.Loaded;
        Assert.Empty(store.Damaged);
        Assert.Empty(Directory.GetFiles(Path.Combine(folder.Path, "tmp")));
        var found = new Dictionary<int, int>();
        long packed = 0;
        foreach (EntryHeader header in await store.ListAsync())
        {
            int key = (int)header.Request.Seed.Value!;
            int version = int.Parse(header.Extraction!);
            found.Add(key, version);
            if (CrashChild.IsInPlace(key, version))
            {
                packed += EntryHead.Encode(header, 0, out _).Length;
            }
            else
            {
                Assert.Equal(CrashChild.Body(key, version), await store.ReadBodyAsync(header.Key));
            }
        }

        Assert.Equal(found.Count, store.Status.Entries);
        Assert.Equal(folder.EntryBytes() + packed, store.Status.Bytes);
        return found;
    }
}
