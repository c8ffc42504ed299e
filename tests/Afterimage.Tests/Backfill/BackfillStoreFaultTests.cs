using System.Collections.Concurrent;
using Afterimage.Backfill.Jobs;
using Afterimage.Backfill.Keys;
using Afterimage.Entries;
using Afterimage.Tests.Images;
using Xunit;

namespace Afterimage.Tests.Backfill;

/// <summary>A store that is slow, away or killed under a job: no image is lost, none is counted twice, nothing that was there before is replaced.</summary>
public sealed class BackfillStoreFaultTests
{
    private static readonly BackfillOptions Copying = new() { ChunkSize = 5, Backoff = TimeSpan.FromTicks(1) };

    [Fact]
    public async Task What_the_store_does_not_take_at_once_it_takes_later()
    {
        await using BackfillFixture fixture = Troubled(out TroubledStore store);
        var looks = new ConcurrentDictionary<Hash256, int>();
        var tries = new ConcurrentDictionary<Hash256, int>();
        store.Silent = key => looks.AddOrUpdate(key, 1, (_, n) => n + 1) == 2;
        store.Refuse = header => tries.AddOrUpdate(header.Key, 0, (_, n) => n + 1) < header.Request.Seed.Value % 4 ? PutOutcome.Failed : null;

        BackfillStatus status = await fixture.Service.RunAsync(Keyed(12), Copying, again: false, null, default);
        Assert.Equal((12L, 12L, 0L, 0L), (status.Progress.Processed, status.Progress.Adopted, status.Progress.Duplicates, status.Progress.Failed));
        Assert.Equal(12, await fixture.Index.CountAsync(null, default));
    }

    [Fact]
    public async Task An_entry_that_the_store_has_although_it_says_otherwise_is_adopted_once()
    {
        await using BackfillFixture fixture = Troubled(out TroubledStore store);
        store.Say = (_, _) => PutOutcome.Failed;
        BackfillStatus status = await fixture.Service.RunAsync(Keyed(7), Copying, again: false, null, default);
        Assert.Equal((7L, 0L, 0L), (status.Progress.Adopted, status.Progress.Duplicates, status.Progress.Failed));
        Assert.Equal(7, await fixture.Index.CountAsync(null, default));
    }

    [Fact]
    public async Task An_entry_is_not_replaced_because_the_store_cannot_say_that_it_is_there()
    {
        await using BackfillFixture fixture = Troubled(out TroubledStore store);
        BackfillStatus first = await fixture.Service.RunAsync(Keyed(6), Copying, again: false, null, default);
        SortedSet<string> before = await fixture.SnapshotAsync();
        var asked = new ConcurrentDictionary<Hash256, bool>();
        store.Silent = key => asked.TryAdd(key, true);

        BackfillStatus second = await fixture.Service.RunAsync(Keyed(6), Copying, again: true, null, default);
        Assert.Equal((0L, 6L), (second.Progress.Adopted, second.Progress.Duplicates));
        await fixture.Service.RollbackAsync(second.Job.Batch, dryRun: false, default);
        Assert.Equal(before, await fixture.SnapshotAsync());
        Assert.NotEqual(first.Job.Batch, second.Job.Batch);
    }

    [Fact]
    public async Task A_store_that_takes_nothing_stops_the_job_instead_of_failing_every_image()
    {
        await using BackfillFixture fixture = Troubled(out TroubledStore store);
        store.Refuse = header => header.Request.Seed.Value >= 15 ? PutOutcome.Failed : null;
        await Assert.ThrowsAsync<IOException>(() => fixture.Service.RunAsync(Keyed(20), Copying, again: false, null, default));
        BackfillStatus stopped = fixture.Service.Status().Single();
        Assert.Equal((BackfillState.Interrupted, 5L, 0L), (stopped.Job.State, stopped.Progress.Adopted, stopped.Progress.Failed));

        store.Refuse = _ => null;
        BackfillStatus done = await fixture.Service.RunAsync(Keyed(20), Copying, again: false, null, default);
        Assert.Equal((BackfillState.Done, stopped.Job.Batch, 20L, 0L), (done.Job.State, done.Job.Batch, done.Progress.Adopted, done.Progress.Failed));
    }

    [Fact]
    public async Task One_image_that_the_store_never_takes_is_a_failure_that_can_be_tried_again()
    {
        await using BackfillFixture fixture = Troubled(out TroubledStore store);
        MemorySource source = Keyed(9);
        store.Refuse = header => header.Request.Seed.Value == 13 ? PutOutcome.Failed : null;
        BackfillStatus status = await fixture.Service.RunAsync(source, Copying, again: false, null, default);
        Assert.Equal((8L, 1L), (status.Progress.Adopted, status.Progress.Failed));
        Assert.Equal("the store failed", Assert.Single(fixture.Service.Failures(status.Job.Batch)).Reason);

        store.Refuse = _ => null;
        BackfillStatus retried = await fixture.Service.RetryFailedAsync(source, Copying, null, default);
        Assert.Equal((9L, 0L), (retried.Progress.Adopted, retried.Progress.Failed));
    }

    [Fact]
    public async Task Waiting_for_a_store_that_is_away_can_be_stopped()
    {
        await using BackfillFixture fixture = Troubled(out TroubledStore store);
        using var stop = new CancellationTokenSource();
        store.Silent = _ =>
        {
            stop.Cancel();
            return true;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            fixture.Service.RunAsync(Keyed(3), Copying with { Backoff = TimeSpan.FromDays(1) }, again: false, null, stop.Token));
        Assert.Equal(BackfillState.Interrupted, fixture.Service.Status().Single().Job.State);
    }

    // Each look and each write of the store is where the job breaks down once; a copy of an image far behind it, equal
    // down to its time, must stay a duplicate.
    [Theory]
    [InlineData(5)]
    [InlineData(2)]
    [InlineData(64)]
    public async Task A_job_that_breaks_down_at_any_step_ends_as_an_undisturbed_one_at_whatever_pace_it_goes_on(int chunkThen)
    {
        MemorySource source = Keyed(11);
        source.Add("zz copy.png", ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("n", "11")), $"https://host{Target(11)}", DateTimeOffset.UnixEpoch.AddSeconds(1));
        SortedSet<string>? undisturbed = null;
        for (int step = 0; ; step++)
        {
            await using BackfillFixture fixture = Troubled(out TroubledStore store);
            int steps = 0;
            bool broken = false;
            store.Silent = _ => Break();
            store.Refuse = _ => Break() ? PutOutcome.Failed : null;
            store.Say = (_, outcome) => Break() ? PutOutcome.Failed : outcome;
            bool Break() => ++steps == step && (broken = true) ? throw new InvalidOperationException("killed") : false;

            try
            {
                await fixture.Service.RunAsync(source, Copying, again: false, null, default);
            }
            catch (InvalidOperationException)
            {
                await fixture.Service.RunAsync(source, Copying with { ChunkSize = chunkThen }, again: false, null, default);
            }

            BackfillStatus status = fixture.Service.Status().Single();
            Assert.Equal((12L, 11L, 1L, 0L), (status.Progress.Processed, status.Progress.Adopted, status.Progress.Duplicates, status.Progress.Failed));
            SortedSet<string> result = await fixture.SnapshotAsync();
            Assert.Equal(undisturbed ??= result, result);
            if (step > 0 && !broken)
            {
                return;
            }
        }
    }

    private static BackfillFixture Troubled(out TroubledStore store)
    {
        TroubledStore? made = null;
        var fixture = new BackfillFixture(around: inner => made = new TroubledStore(inner));
        store = made!;
        return fixture;
    }

    private static string Target(int seed) => $"/prompt/a_fox_{seed}?width=4&height=4&seed={seed}";

    // Seeds of two digits, so that the listing has their order.
    private static MemorySource Keyed(int images)
    {
        var source = new MemorySource();
        for (int i = 10; i < images + 10; i++)
        {
            source.Add(EarlierKeyScheme.KeyOf(Target(i), null), ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("n", $"{i}")));
        }

        return source;
    }
}
