using System.Diagnostics;
using Afterimage.Backfill;
using Afterimage.Backfill.Analysis;
using Afterimage.Backfill.Jobs;
using Afterimage.Backfill.Sources;
using Afterimage.Entries;
using Afterimage.Tests.Images;
using Xunit;

namespace Afterimage.Tests.Backfill;

/// <summary>What goes wrong around a job: files that trap a reader, faults of ours, listings that break, jobs that stop half-way.</summary>
public sealed class BackfillFaultTests
{
    private static readonly BackfillOptions Small = new() { InPlace = true, ChunkSize = 4, Backoff = TimeSpan.FromMilliseconds(1) };

    [Fact]
    public async Task A_pipe_among_the_files_does_not_hold_the_job()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "named pipes are not files on Windows");
        await using var fixture = new BackfillFixture();
        fixture.AddKeyed("a red fox", 1);
        foreach (string name in (string[])["pipe.png", "bare.txt"])
        {
            using Process mkfifo = Process.Start("mkfifo", Path.Combine(fixture.Images, name));
            await mkfifo.WaitForExitAsync();
        }

        fixture.Add("bare.png", ImageFixtures.Load("plain.png"));
        BackfillStatus status = await fixture.Service.RunAsync(fixture.Source, Small, again: false, null, default);
        Assert.Equal((1L, 2L), (status.Progress.Adopted, status.Progress.Failed));
        Assert.Equal(["empty", "no prompt found"], fixture.Service.Failures(status.Job.Batch).Select(f => f.Reason).Order());
        Assert.Null(await new FileLocationReader().ReadAsync($"file://{Path.Combine(fixture.Images, "pipe.png")}", 1000, default));
    }

    [Theory]
    [InlineData("q?x#y%41.png")]
    [InlineData("a..%2f..%2fetc.png")]
    [InlineData("back\\slash.png")]
    [InlineData("blank at the end ")]
    [InlineData("line\nbreak.png")]
    [InlineData("ü\u202e.png")]
    public async Task Any_name_is_served_from_where_it_is(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names");
        await using var fixture = new BackfillFixture();
        fixture.AddInfoText(name, "a red fox", 1);
        BackfillStatus status = await fixture.Service.RunAsync(fixture.Source, Small, again: false, null, default);
        Assert.Equal(1, status.Progress.Adopted);
        await foreach (EntryHeader entry in fixture.Store.EnumerateAsync(default))
        {
            using OpenEntry? open = await fixture.Store.OpenAsync(entry.Key, default);
            Assert.NotNull(open);
        }
    }

    [Fact]
    public async Task A_fault_of_ours_at_one_image_is_that_images_failure()
    {
        await using var fixture = new BackfillFixture();
        MemorySource source = Keyed(9);
        source.Reading = key => throw (key.Contains("fox_4", StringComparison.Ordinal) ? new InvalidCastException("a bug") : new SourceException("gone away", transient: false));
        BackfillStatus status = await fixture.Service.RunAsync(source, Small with { InPlace = false }, again: false, null, default);
        Assert.Equal(9, status.Progress.Failed);
        Assert.Equal("InvalidCastException: a bug", Assert.Single(fixture.Service.Failures(status.Job.Batch), f => f.Reason == "internal fault").Detail);
    }

    [Fact]
    public async Task A_listing_that_breaks_goes_on_behind_its_last_key()
    {
        await using var fixture = new BackfillFixture();
        MemorySource source = Keyed(9);
        var broken = new HashSet<string>();
        int counting = 0;
        source.Listing = key =>
        {
            // The first pass over the keys may be the counting.
            if (broken.Add($"{key}/{Interlocked.Increment(ref counting) / 1000}") && key.Contains("fox_5", StringComparison.Ordinal))
            {
                throw new SourceException("SlowDown", transient: true);
            }
        };
        BackfillStatus status = await fixture.Service.RunAsync(source, Small with { InPlace = false }, again: false, null, default);
        Assert.Equal((9L, 9L, 0L), (status.Progress.Processed, status.Progress.Adopted, status.Progress.Duplicates));
    }

    [Fact]
    public async Task Retrying_the_failures_of_a_stopped_job_does_not_end_it()
    {
        await using var fixture = new BackfillFixture();
        MemorySource source = Keyed(20);
        bool healthy = false;
        using var stop = new CancellationTokenSource();
        source.Reading = key =>
        {
            if (key.Contains("fox_7", StringComparison.Ordinal) && !healthy)
            {
                stop.Cancel();
            }

            if (!healthy)
            {
                throw new SourceException("the disk is away", transient: false);
            }
        };
        BackfillOptions options = Small with { InPlace = false, Concurrency = 1 };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Service.RunAsync(source, options, again: false, null, stop.Token));
        BackfillStatus stopped = fixture.Service.Status().Single();
        Assert.InRange(stopped.Progress.Failed, 1, 16);

        healthy = true;
        BackfillStatus retried = await fixture.Service.RetryFailedAsync(source, options, null, default);
        Assert.Equal((BackfillState.Interrupted, stopped.Progress.Failed, 0L), (retried.Job.State, retried.Progress.Adopted, retried.Progress.Failed));
        BackfillStatus done = await fixture.Service.RunAsync(source, options, again: false, null, default);
        Assert.Equal((BackfillState.Done, 20L, 20L, stopped.Job.Batch), (done.Job.State, done.Progress.Processed, done.Progress.Adopted, done.Job.Batch));
    }

    [Fact]
    public async Task A_job_that_goes_on_has_the_pace_of_the_new_order_and_makes_the_same_of_an_image()
    {
        await using var fixture = new BackfillFixture();
        MemorySource source = Keyed(20);
        using var stop = new CancellationTokenSource();
        int read = 0;
        source.Reading = _ =>
        {
            if (Interlocked.Increment(ref read) == 6)
            {
                stop.Cancel();
            }
        };
        BackfillOptions first = Small with { InPlace = false, Concurrency = 1, RateMax = 1e6, Set = new() { ["model"] = "one" } };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Service.RunAsync(source, first, again: false, null, stop.Token));

        BackfillStatus done = await fixture.Service.RunAsync(source, Small with { Concurrency = 3, Set = new() { ["model"] = "two" } }, again: false, null, default);
        Assert.Equal((BackfillState.Done, 3, 0.0, false, "one"), (done.Job.State, done.Job.Options.Concurrency, done.Job.Options.RateMax, done.Job.Options.InPlace, done.Job.Options.Set["model"]));
        await foreach (EntryHeader header in fixture.Store.EnumerateAsync(default))
        {
            Assert.Equal("one", header.Request.Model);
        }
    }

    [Fact]
    public async Task Failures_that_are_gone_when_tried_again_stay_listed()
    {
        await using var fixture = new BackfillFixture();
        MemorySource source = Keyed(3);
        source.Reading = _ => throw new SourceException("the disk is away", transient: false);
        BackfillStatus failed = await fixture.Service.RunAsync(source, Small with { InPlace = false }, again: false, null, default);
        string key = fixture.Service.Failures(failed.Job.Batch).First().Key;
        source.Remove(key);
        source.Reading = null;
        BackfillStatus retried = await fixture.Service.RetryFailedAsync(source, Small, null, default);
        Assert.Equal((3L, 2L, 1L), (retried.Progress.Processed, retried.Progress.Adopted, retried.Progress.Failed));
        Assert.Equal(new BackfillFailure(key, "gone", null), Assert.Single(fixture.Service.Failures(failed.Job.Batch)));
        Assert.Equal(retried.Progress.Processed, retried.Progress.Buckets.Values.Sum(b => b.Processed));
    }

    [Fact]
    public async Task A_retry_that_is_stopped_leaves_a_finished_job_finished_and_new_images_are_found()
    {
        await using var fixture = new BackfillFixture();
        MemorySource source = Keyed(3);
        source.Reading = _ => throw new SourceException("the disk is away", transient: false);
        await fixture.Service.RunAsync(source, Small, again: false, null, default);
        using var stop = new CancellationTokenSource();
        source.Reading = _ =>
        {
            stop.Cancel();
            throw new OperationCanceledException(stop.Token);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Service.RetryFailedAsync(source, Small, null, stop.Token));
        Assert.Equal(BackfillState.Done, fixture.Service.Status().Single().Job.State);

        source.Reading = null;
        source.Add("!before-all-others.png", ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("parameters", "a blue whale\nSteps: 1, Seed: 1")));
        BackfillStatus next = await fixture.Service.RunAsync(source, Small with { InPlace = false }, again: false, null, default);
        Assert.Equal((BackfillState.Done, 4L), (next.Job.State, next.Progress.Adopted));
    }

    [Fact]
    public async Task Equal_copies_in_different_chunks_are_duplicates()
    {
        await using var fixture = new BackfillFixture();
        var source = new MemorySource();
        for (int i = 0; i < 12; i++)
        {
            source.Add($"{i:00}.png", ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("parameters", "a red fox\nSteps: 1, Seed: 1")));
        }

        BackfillStatus status = await fixture.Service.RunAsync(source, Small with { InPlace = false }, again: false, null, default);
        Assert.Equal((1L, 11L), (status.Progress.Adopted, status.Progress.Duplicates));
    }

    [Fact]
    public async Task A_batch_that_nobody_knows_is_not_rolled_back_by_a_slip_of_the_pen()
    {
        await using var fixture = new BackfillFixture();
        foreach (bool dryRun in (bool[])[true, false])
        {
            await Assert.ThrowsAsync<BackfillRefusedException>(() => fixture.Service.RollbackAsync(Guid.NewGuid(), dryRun, default));
        }
    }

    [Fact]
    public async Task A_batch_that_is_being_filled_is_not_rolled_back()
    {
        await using var fixture = new BackfillFixture();
        MemorySource source = Keyed(40);
        using var reached = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        source.Reading = _ =>
        {
            reached.Set();
            go.Wait();
        };
        fixture.Service.Start(source, Small with { InPlace = false }, again: false, retryFailed: false);
        reached.Wait();
        Guid batch = fixture.Service.Status().Single().Job.Batch;
        await Assert.ThrowsAsync<BackfillRefusedException>(() => fixture.Service.RollbackAsync(batch, dryRun: false, default));
        go.Set();
        await fixture.Service.CancelAsync();
        await fixture.Service.RollbackAsync(batch, dryRun: false, default);
        Assert.Equal(0, fixture.Store.Status.Entries);
    }

    [Fact]
    public async Task A_batch_that_is_being_rolled_back_is_not_filled()
    {
        TroubledStore? store = null;
        await using var fixture = new BackfillFixture(around: inner => store = new TroubledStore(inner));
        MemorySource source = Keyed(8);
        using var stop = new CancellationTokenSource();
        int reads = 0;
        source.Reading = _ => (++reads == 7 ? stop : null)?.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Service.RunAsync(source, Small with { Concurrency = 1 }, again: false, null, stop.Token));
        Guid batch = fixture.Service.Status().Single().Job.Batch;
        source.Reading = null;
        Exception? refused = null;
        store!.Deleting = _ => refused = Record.Exception(() => fixture.Service.RunAsync(source, Small, again: false, null, default).GetAwaiter().GetResult());

        await fixture.Service.RollbackAsync(batch, dryRun: false, default);
        Assert.IsType<BackfillRefusedException>(refused);
        Assert.Equal(BackfillState.RolledBack, fixture.Service.Status().Single().Job.State);
        Assert.Equal(0, fixture.Store.Status.Entries);
    }

    [Fact]
    public async Task A_batch_whose_job_cannot_be_read_is_rolled_back_all_the_same()
    {
        await using var fixture = new BackfillFixture();
        BackfillStatus status = await fixture.Service.RunAsync(Keyed(4), Small, again: false, null, default);
        File.WriteAllText(Path.Combine(BackfillJournal.FolderOf(fixture.Context.Folder, status.Job.Batch), "job.json"), "{ torn");
        RollbackReport report = await fixture.Service.RollbackAsync(status.Job.Batch, dryRun: false, default);
        Assert.Equal(4, report.Entries);
        Assert.Equal(0, fixture.Store.Status.Entries);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_ends_no_job_as_done()
    {
        await using var fixture = new BackfillFixture();
        var source = new FolderSource(Path.Combine(fixture.Root, "not mounted"));
        await Assert.ThrowsAsync<SourceException>(() => fixture.Service.RunAsync(source, Small, again: false, null, default));
        Assert.Equal(BackfillState.Interrupted, fixture.Service.Status().Single().Job.State);
    }

    [Fact]
    public async Task Validation_fails_where_an_image_was_changed_a_vector_is_missing_or_one_is_orphaned()
    {
        await using var fixture = new BackfillFixture();
        MemorySource source = Keyed(6);
        await fixture.Service.RunAsync(source, Small with { InPlace = false }, again: false, null, default);
        Assert.True((await fixture.Service.ValidateAsync(null, 100, default)).Passed);

        var entries = new List<EntryHeader>();
        await foreach (EntryHeader entry in fixture.Store.EnumerateAsync(default))
        {
            entries.Add(entry);
        }

        await fixture.Index.RemoveAsync([entries[0].Key], default);
        await fixture.Store.DeleteAsync(entries[1].Key, default);
        string file = Directory.GetFiles(fixture.Options.Data, $"{entries[2].Key}.entry", SearchOption.AllDirectories).Single();
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^20] ^= 1;
        File.WriteAllBytes(file, bytes);

        var report = await fixture.Service.ValidateAsync(null, 100, default);
        Assert.Equal((false, 1L, 1L, 1L), (report.Passed, report.Missing, report.Orphaned, report.ObjectsBad));
        Assert.NotEmpty(report.Problems);
    }

    [Fact]
    public async Task A_reindex_takes_away_the_vectors_of_entries_that_went_while_another_space_was_in_use()
    {
        await using var fixture = new BackfillFixture();
        await fixture.Service.RunAsync(Keyed(6), Small with { InPlace = false }, again: false, null, default);
        await foreach (EntryHeader entry in fixture.Store.EnumerateAsync(default))
        {
            if (entry.Request.Seed.Value >= 4)
            {
                await fixture.Store.DeleteAsync(entry.Key, default);
            }
        }

        Assert.Equal(2, (await fixture.Service.ValidateAsync(null, 100, default)).Orphaned);
        ReindexReport report = await fixture.Service.ReindexAsync(null, default);
        Assert.Equal((4L, 0L, 4L, 2L), (report.Entries, report.Added, report.Already, report.Removed));
        Assert.True((await fixture.Service.ValidateAsync(null, 100, default)).Passed);
    }

    private static MemorySource Keyed(int images)
    {
        var source = new MemorySource();
        for (int i = 0; i < images; i++)
        {
            source.Add(
                Afterimage.Backfill.Keys.EarlierKeyScheme.KeyOf($"/prompt/a_fox_{i}?width=4&height=4&seed={i}", null), ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("n", $"{i}")));
        }

        return source;
    }
}
