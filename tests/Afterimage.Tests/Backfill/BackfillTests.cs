using Afterimage.Backfill.Analysis;
using Afterimage.Backfill.Jobs;
using Afterimage.Backfill.Sources;
using Afterimage.Entries;
using Afterimage.Requests;
using Afterimage.Tests.Images;
using Xunit;

namespace Afterimage.Tests.Backfill;

public sealed class BackfillTests
{
    private static readonly BackfillOptions InPlace = new() { InPlace = true, ChunkSize = 8, Backoff = TimeSpan.FromMilliseconds(1) };

    [Fact]
    public async Task Every_strategy_adopts_its_images_and_every_other_image_is_listed_with_its_reason()
    {
        await using BackfillFixture fixture = Mixed();
        BackfillStatus status = await fixture.Service.RunAsync(fixture.Source, InPlace, again: false, null, default);

        Assert.Equal(
            [("comfyui-graph", 3), ("exif-json", 1), ("hashed-key", 20), ("png-parameters", 8), ("sidecar-json", 2), ("sidecar-text", 2)],
            status.Progress.Strategies.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => (s.Key, (int)s.Value)));
        Assert.Equal((36L, 0L, 4L, 40L), (status.Progress.Adopted, status.Progress.Duplicates, status.Progress.Failed, status.Progress.Processed));
        Dictionary<string, string> failures = fixture.Service.Failures(status.Job.Batch).ToDictionary(f => f.Key, f => f.Reason);
        Assert.Equal(
            new Dictionary<string, string> { ["bad/empty.png"] = "empty", ["bad/cut.png"] = "incomplete image", ["bad/page.png"] = "not an image", ["bad/silent.png"] = "no prompt found" },
            failures);
    }

    [Fact]
    public async Task Entries_say_what_was_asked_and_how_it_was_learnt()
    {
        await using var fixture = new BackfillFixture();
        fixture.AddKeyed("a red fox", 7);
        fixture.AddInfoText("a.png", "a blue bird", 8);
        fixture.Add("b.png", BackfillFixture.ComfyPng("a green frog", 9));
        await fixture.Service.RunAsync(fixture.Source, InPlace, again: false, null, default);

        Dictionary<string, EntryHeader> entries = await EntriesAsync(fixture);
        Assert.Equal(Seed.Named(7), entries["a red fox"].Request.Seed);
        Assert.Equal((4, 4, "flux"), (entries["a red fox"].Request.Width, entries["a red fox"].Request.Height, entries["a red fox"].Request.Model));
        Assert.Equal(("sd15", "blurry"), (entries["a blue bird"].Request.Model, entries["a blue bird"].Request.Parameters.Single(p => p.Key == "negative_prompt").Value));
        Assert.Equal(("base", Seed.Named(9), "comfyui-graph"), (entries["a green frog"].Request.Model, entries["a green frog"].Request.Seed, entries["a green frog"].Extraction));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Adopted_images_are_served_byte_for_byte(bool inPlace)
    {
        await using var fixture = new BackfillFixture();
        fixture.AddKeyed("a red fox", 7);
        await fixture.Service.RunAsync(fixture.Source, InPlace with { InPlace = inPlace }, again: false, null, default);

        EntryHeader header = (await EntriesAsync(fixture)).Single().Value;
        using OpenEntry? entry = await fixture.Store.OpenAsync(header.Key, default);
        var bytes = new byte[header.Length];
        Assert.Equal(bytes.Length, await entry!.ReadAsync(0, bytes, default));
        Assert.Equal(File.ReadAllBytes(Directory.GetFiles(fixture.Images).Single()), bytes);
        Assert.Equal(inPlace, header.Location is not null);
    }

    [Fact]
    public async Task What_is_already_there_is_never_replaced()
    {
        await using var fixture = new BackfillFixture();
        fixture.AddKeyed("a red fox", 7);
        await fixture.Service.RunAsync(fixture.Source, InPlace, again: false, null, default);
        SortedSet<string> before = await fixture.SnapshotAsync();
        Guid batch = (await EntriesAsync(fixture)).Single().Value.Batch;
        BackfillStatus second = await fixture.Service.RunAsync(fixture.Source, InPlace, again: true, null, default);

        Assert.Equal((0L, 1L), (second.Progress.Adopted, second.Progress.Duplicates));
        Assert.Equal(before, await fixture.SnapshotAsync());
        Assert.Equal(batch, (await EntriesAsync(fixture)).Single().Value.Batch);
    }

    [Fact]
    public async Task A_rollback_removes_exactly_what_the_batch_added()
    {
        await using BackfillFixture fixture = Mixed();
        Directory.CreateDirectory(Path.Combine(fixture.Root, "before"));
        File.WriteAllBytes(
            Path.Combine(fixture.Root, "before", Path.GetFileName(Directory.GetFiles(fixture.Images, "*hyena*").Single())),
            File.ReadAllBytes(Directory.GetFiles(fixture.Images, "*hyena*").Single()));
        await fixture.Service.RunAsync(new FolderSource(Path.Combine(fixture.Root, "before")), InPlace, again: false, null, default);
        SortedSet<string> before = await fixture.SnapshotAsync();
        BackfillStatus status = await fixture.Service.RunAsync(fixture.Source, InPlace, again: false, null, default);
        Assert.Equal((35L, 1L), (status.Progress.Adopted, status.Progress.Duplicates));

        RollbackReport dry = await fixture.Service.RollbackAsync(status.Job.Batch, dryRun: true, default);
        Assert.Equal((35L, 35L, true), (dry.Entries, dry.Vectors, dry.DryRun));
        Assert.NotEqual(before, await fixture.SnapshotAsync());
        RollbackReport done = await fixture.Service.RollbackAsync(status.Job.Batch, dryRun: false, default);

        Assert.Equal((35L, 35L), (done.Entries, done.Vectors));
        Assert.Equal(before, await fixture.SnapshotAsync());
        Assert.Equal(40, Directory.GetFiles(fixture.Images, "*", SearchOption.AllDirectories).Count(f => Path.GetExtension(f) is not (".json" or ".txt")));
        Assert.Contains(fixture.Service.Status(), j => j.Job.Batch == status.Job.Batch && j.Job.State == BackfillState.RolledBack);
    }

    [Fact]
    public async Task A_stopped_run_goes_on_where_it_was_and_ends_as_an_undisturbed_one()
    {
        await using BackfillFixture undisturbed = Mixed();
        BackfillStatus whole = await undisturbed.Service.RunAsync(undisturbed.Source, InPlace, again: false, null, default);
        await using BackfillFixture fixture = Mixed();
        BackfillOptions slow = InPlace with { RateMax = 20 };
        for (int stops = 0; stops < 3; stops++)
        {
            using var stop = new CancellationTokenSource(40);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Service.RunAsync(fixture.Source, slow, again: false, null, stop.Token));
        }

        BackfillStatus status = await fixture.Service.RunAsync(fixture.Source, InPlace, again: false, null, default);

        Assert.Single(fixture.Service.Status());
        Assert.Equal(Comparable(whole.Progress), Comparable(status.Progress));
        Assert.Equal(Relative(await undisturbed.SnapshotAsync(), undisturbed), Relative(await fixture.SnapshotAsync(), fixture));
        Assert.Equal(4, fixture.Service.Failures(status.Job.Batch).Count());
    }

    [Fact]
    public async Task Passing_faults_are_retried_and_lasting_ones_can_be_retried_later()
    {
        await using var fixture = new BackfillFixture();
        for (int i = 0; i < 5; i++)
        {
            fixture.AddKeyed($"fox {i}", i);
        }

        BackfillStatus passing = await fixture.Service.RunAsync(new FlakySource(fixture.Source, failures: 2), InPlace, again: false, null, default);
        Assert.Equal((5L, 0L), (passing.Progress.Adopted, passing.Progress.Failed));
        await fixture.Service.RollbackAsync(passing.Job.Batch, dryRun: false, default);

        var lasting = new FlakySource(fixture.Source, failures: 100, transient: false);
        BackfillStatus failed = await fixture.Service.RunAsync(lasting, InPlace, again: false, null, default);
        Assert.Equal((0L, 5L), (failed.Progress.Adopted, failed.Progress.Failed));
        Assert.All(fixture.Service.Failures(failed.Job.Batch), f => Assert.Equal(("unreadable", "the bucket says SlowDown"), (f.Reason, f.Detail)));

        lasting.Healthy = true;
        BackfillStatus retried = await fixture.Service.RetryFailedAsync(lasting, InPlace, null, default);
        Assert.Equal((5L, 0L, 5L), (retried.Progress.Adopted, retried.Progress.Failed, retried.Progress.Processed));
        Assert.Empty(fixture.Service.Failures(failed.Job.Batch));
    }

    [Fact]
    public async Task A_pilot_serves_nothing_finds_itself_and_is_taken_over_by_the_run()
    {
        await using BackfillFixture fixture = Mixed();
        PilotReport pilot = await fixture.Service.PilotAsync(fixture.Source, InPlace, perBucket: 10, default);

        Assert.Equal(1, pilot.SelfFoundShare);
        Assert.Equal(0, await fixture.Index.CountAsync(null, default));
        EntryHeader quarantined = (await EntriesAsync(fixture)).Values.First();
        Assert.Null(await fixture.Store.OpenAsync(quarantined.Key, default));

        BackfillStatus status = await fixture.Service.RunAsync(fixture.Source, InPlace, again: false, null, default);
        Assert.Equal(36, status.Progress.Adopted);
        Assert.NotNull(await fixture.Store.OpenAsync(quarantined.Key, default));
    }

    [Fact]
    public async Task Validation_passes_after_a_run_and_names_what_is_missing()
    {
        await using BackfillFixture fixture = Mixed();
        BackfillStatus status = await fixture.Service.RunAsync(fixture.Source, InPlace, again: false, null, default);
        ValidationReport whole = await fixture.Service.ValidateAsync(status.Job.Batch, 100, default);
        Assert.True(whole.Passed, string.Join('\n', whole.Problems));
        Assert.Equal((36L, 36L, 36L, 1d), (whole.Entries, whole.Vectors, whole.ObjectsChecked, whole.SelfFoundShare));

        List<EntryHeader> entries = [.. (await EntriesAsync(fixture)).Values];
        await fixture.Index.RemoveAsync([entries[0].Key], default);
        await fixture.Store.DeleteAsync(entries[1].Key, default);
        File.Delete(new Uri(entries[2].Location!).LocalPath);
        ValidationReport broken = await fixture.Service.ValidateAsync(null, 100, default);
        Assert.Equal((false, 1L, 1L, 1L), (broken.Passed, broken.Missing, broken.Orphaned, broken.ObjectsBad));

        ReindexReport reindex = await fixture.Service.ReindexAsync(null, default);
        Assert.Equal((1L, 34L), (reindex.Added, reindex.Already));
    }

    [Fact]
    public async Task Analysis_counts_and_writes_nothing()
    {
        await using BackfillFixture fixture = Mixed();
        var analyzer = new SourceAnalyzer(fixture.Context.Embedder, fixture.Context.Mapper, fixture.Context.Resolution, TimeProvider.System);
        AnalysisReport report = await analyzer.RunAsync(fixture.Source, 1000, 2, default);

        Assert.Equal((40L, 40L, 36L), (report.Images, report.Sampled, report.Recovered));
        Assert.Equal(36, report.Estimate.Vectors);
        Assert.Equal(20, report.Strategies["hashed-key"]);
        Assert.Empty(await fixture.SnapshotAsync());
        Assert.False(Directory.Exists(Path.Combine(fixture.Options.Data, "backfill")));
    }

    [Fact]
    public async Task Hostile_files_are_reported_and_nothing_is_written_outside_the_data_folder()
    {
        await using var fixture = new BackfillFixture();
        fixture.Add("empty.png", []);
        fixture.Add("huge.png", new byte[50 << 20]);
        fixture.Add("bomb.png", ImageFixtures.SmallPng(4, 4, ("zTXt", [.. "parameters\0\0"u8, .. ImageFixtures.Zlib(new byte[64 << 20])])));
        fixture.Add("absurd.png", ImageFixtures.Png(("IHDR", ImageFixtures.PngHeader(2_000_000_000, 2_000_000_000)), ("IDAT", ImageFixtures.Zlib([0])), ("IEND", [])));
        fixture.Add("_prompt_..%2F..%2Fetc%2Fpasswd-12345678", ImageFixtures.SmallPng());
        fixture.Add("graph.png", ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("prompt", string.Concat(Enumerable.Repeat("{\"a\":", 5000)))));
        fixture.Add("loop.png", ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("prompt", """{"1":{"class_type":"KSampler","inputs":{"positive":["2",0],"latent_image":["1",0]}},"2":{"class_type":"X","inputs":{"a":["1",0],"b":["2",0]}}}""")));
        fixture.AddInfoText("climb.png", "../../../../tmp/evil\0", 1);
        File.CreateSymbolicLink(Path.Combine(fixture.Images, "link"), "/");
        string[] outside = Outside();
        BackfillStatus status = await fixture.Service.RunAsync(fixture.Source, InPlace with { InPlace = false }, again: false, null, default);

        Assert.Equal((1L, 7L), (status.Progress.Adopted, status.Progress.Failed));
        Assert.Equal(["absurd size", "empty", "no prompt found", "too large"], status.Progress.Reasons.Keys.Order());
        Assert.Equal(outside, Outside());

        string[] Outside() => [.. Directory.EnumerateFileSystemEntries(fixture.Root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(p => !p.StartsWith(fixture.Options.Data, StringComparison.Ordinal)).Order()];
    }

    internal static BackfillFixture Mixed()
    {
        var fixture = new BackfillFixture();
        for (int i = 0; i < 20; i++)
        {
            fixture.AddKeyed(i == 0 ? "a hyena" : $"a {(i % 2 == 0 ? "red" : "blue")} fox number {i}", i);
        }

        for (int i = 0; i < 8; i++)
        {
            fixture.AddInfoText($"a1111/{i:00000}.png", $"portrait of queen {i}", 100 + i);
        }

        for (int i = 0; i < 3; i++)
        {
            fixture.Add($"comfy/{i}.png", BackfillFixture.ComfyPng($"a frog with {i} hats", 200 + i));
        }

        fixture.Add("pollinations.jpg", ImageFixtures.Load("pollinations.jpg"));
        for (int i = 0; i < 2; i++)
        {
            fixture.Add($"side/text{i}.png", ImageFixtures.SmallPng(4, 4, ("tIME", [7, 0xE4, 1, 1, 1, 1, (byte)i])));
            fixture.AddSidecar($"side/text{i}.txt", $"a lonely boat {i}");
            fixture.Add($"side/json{i}.png", ImageFixtures.SmallPng(5, 5, ("tIME", [7, 0xE4, 1, 1, 1, 1, (byte)i])));
            fixture.AddSidecar($"side/json{i}.json", $$"""{"prompt": "a busy harbour {{i}}", "seed": {{i}}, "model": "turbo"}""");
        }

        fixture.Add("bad/empty.png", []);
        fixture.Add("bad/cut.png", ImageFixtures.Load("a1111.png")[..200]);
        fixture.Add("bad/page.png", [.. "<!DOCTYPE html>"u8]);
        fixture.Add("bad/silent.png", ImageFixtures.Load("plain.png"));
        return fixture;
    }

    private static async Task<Dictionary<string, EntryHeader>> EntriesAsync(BackfillFixture fixture)
    {
        var entries = new Dictionary<string, EntryHeader>();
        await foreach (EntryHeader entry in fixture.Store.EnumerateAsync(default))
        {
            entries.Add(entry.Request.Prompt + (entries.ContainsKey(entry.Request.Prompt) ? entry.Id : ""), entry);
        }

        return entries;
    }

    private static (string?, long, long, long, long) Comparable(BackfillProgress p) => (p.After, p.Processed, p.Adopted, p.Duplicates, p.Failed);

    private static IEnumerable<string> Relative(IEnumerable<string> lines, BackfillFixture fixture) =>
        lines.Select(line => line.Replace(new Uri(fixture.Root).AbsoluteUri, "", StringComparison.Ordinal));
}
