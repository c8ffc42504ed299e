using Afterimage.Backfill.Jobs;
using Afterimage.Entries;
using Afterimage.Tests.Entries;
using Afterimage.Tests.Images;
using Xunit;

namespace Afterimage.Tests.Backfill;

/// <summary>A store of ours as a source: its entries are moved, and what it keeps beside them is nobody's picture.</summary>
public sealed class MovedStoreTests
{
    [Fact]
    public async Task A_folder_of_ours_gives_its_entries_and_nothing_that_it_keeps_beside_them()
    {
        await using var fixture = new BackfillFixture();
        await FillAsync(fixture);
        string[] beside = [.. Directory.GetFiles(fixture.Images, "*", SearchOption.AllDirectories)
            .Where(path => !path.EndsWith(".entry", StringComparison.Ordinal)).Select(path => Path.GetDirectoryName(Path.GetRelativePath(fixture.Images, path)) + "/" + Path.GetExtension(path))];
        Assert.Superset(new HashSet<string>(["/", "packs/.pack"]), beside.ToHashSet());
        Assert.Contains(beside, name => name.StartsWith("damaged/", StringComparison.Ordinal));

        Assert.Equal(3, await fixture.Source.CountAsync(default));
        BackfillStatus status = await fixture.Service.RunAsync(fixture.Source, new BackfillOptions(), again: false, null, default);
        Assert.Equal((3L, 3L, 0L, 3L), (status.Progress.Processed, status.Progress.Adopted, status.Progress.Failed, status.Job.Total!.Value));
    }

    [Fact]
    public async Task A_picture_that_is_called_as_a_file_of_ours_is_still_a_picture()
    {
        await using var fixture = new BackfillFixture();
        string[] names = ["recency", "packs/0000001x.pack", "packs/recency", "damaged/a.png", "ids/01JD0000000000000000000001", "0000/00000001.pack"];
        foreach (string name in names)
        {
            fixture.Add(name, ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("parameters", $"a picture called {name}\nSteps: 1, Seed: 1")));
        }

        Assert.Equal(names.Length, await fixture.Source.CountAsync(default));
        BackfillStatus status = await fixture.Service.RunAsync(fixture.Source, new BackfillOptions(), again: false, null, default);
        Assert.Equal((names.Length, 0L), ((int)status.Progress.Adopted, status.Progress.Failed));
    }

    // Three entries, one that is left in place, one that is damaged, one batch in quarantine; the order of use is saved at the end.
    private static async Task FillAsync(BackfillFixture fixture)
    {
        var options = new FileEntryStoreOptions { Folder = fixture.Images, FreeDiskBytesMin = 0, Flush = FlushPolicy.Never };
        Hash256 damaged = TestEntries.Key(4);
        await using (FileEntryStore store = FileEntryStore.Open(options, TimeProvider.System))
        {
            await store.Loaded;
            foreach (int number in (int[])[1, 2, 3, 4])
            {
                byte[] body = TestEntries.Body(number);
                Assert.Equal(PutOutcome.Stored, await store.PutAsync(TestEntries.Header(number, body) with { Created = DateTimeOffset.UtcNow }, body, default));
            }

            Assert.Equal(PutOutcome.Stored, await store.PutAsync(TestEntries.InPlace(5, "file:///gone.png", 10, Guid.NewGuid()), default, default));
            await store.SetQuarantineAsync(Guid.NewGuid(), quarantined: true, default);
        }

        string file = Directory.GetFiles(fixture.Images, $"{damaged}.entry", SearchOption.AllDirectories).Single();
        byte[] bytes = File.ReadAllBytes(file);
        bytes[20] ^= 1;
        File.WriteAllBytes(file, bytes);
        await using (FileEntryStore store = FileEntryStore.Open(options, TimeProvider.System))
        {
            await store.Loaded;
            Assert.Null(await store.OpenAsync(damaged, default));
        }
    }
}
