using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Afterimage.Backfill.Jobs;
using Afterimage.Tests.Images;
using Xunit;

namespace Afterimage.Tests.Backfill;

/// <summary>What a job in a running gateway does so that hits do not wait for it.</summary>
public sealed class BesideTrafficTests
{
    [Theory]
    [InlineData(200, 20)]
    [InlineData(8, 8)]
    public void A_process_begins_gently_once_and_not_with_every_order(double rate, double first)
    {
        var start = new GentleStart();
        Assert.All(Enumerable.Range(0, 200), _ => Assert.Equal((GentleStart.ChunkSize, first), (start.ChunkOf(32), start.RateOfNext(rate))));
        Assert.All(Enumerable.Range(0, 200), _ => Assert.Equal((32, rate), (start.ChunkOf(32), start.RateOfNext(rate))));
        Assert.Equal(2, new GentleStart().ChunkOf(2));
    }

    [Fact]
    public async Task All_of_a_gateways_job_is_done_by_threads_that_give_way()
    {
        TroubledStore? store = null;
        await using var fixture = new BackfillFixture(around: inner => store = new TroubledStore(inner));
        var threads = new ConcurrentBag<(string? Name, int Nice)>();
        var source = new MemorySource { Reading = _ => Note(), Listing = _ => Note() };
        for (int i = 0; i < 6; i++)
        {
            source.Add($"{i}.png", ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("parameters", $"a red fox\nSteps: 1, Seed: {i}")));
        }

        store!.Say = (_, outcome) =>
        {
            Note();
            return outcome;
        };
        store.Refuse = _ =>
        {
            Note();
            return null;
        };
        fixture.Service.Start(source, new BackfillOptions { ChunkSize = 2 }, again: false, retryFailed: false);
        await fixture.Service.Ended;

        Assert.Null(fixture.Service.LastFault);
        Assert.Equal(6, fixture.Service.Status().Single().Progress.Adopted);
        Assert.True(threads.Count >= 24);
        int expected = OperatingSystem.IsLinux() ? Math.Min(19, NiceHere() + 10) : 0;
        Assert.All(threads, thread => Assert.Equal(("background", expected), thread));

        void Note() => threads.Add((Thread.CurrentThread.Name, NiceHere()));
    }

    [Fact]
    public async Task What_a_job_leaves_behind_is_done_all_the_same()
    {
        var gate = new TaskCompletionSource();
        Task left = Task.CompletedTask;
        await BackgroundScheduler.RunAsync(1, () =>
        {
            left = LeaveAsync();
            return Task.CompletedTask;
        });
        gate.SetResult();
        await left;

        async Task LeaveAsync() => await gate.Task;
    }

    [Fact]
    public async Task Its_threads_ask_for_long_slices_so_that_who_wakes_need_not_wait_for_theirs_to_end()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.OSVersion.Version >= new Version(6, 12), "only Linux from 6.12 on lets a thread ask");
        (double ordinary, double background) = (SliceHere(), 0);
        await BackgroundScheduler.RunAsync(1, () =>
        {
            background = SliceHere();
            return Task.CompletedTask;
        });
        Assert.SkipUnless(ordinary > 0, "this system does not show how a thread is scheduled");
        Assert.Equal(100e6, background);
        Assert.True(ordinary < background);
    }

    private static double SliceHere()
    {
        int thread = GetThread();
        string path = $"/proc/self/task/{thread}/sched";
        string? line = (File.Exists(path) ? File.ReadLines(path) : []).FirstOrDefault(l => l.StartsWith("se.slice ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.AsSpan(line.IndexOf(':') + 1));
    }

    [DllImport("libc", EntryPoint = "gettid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetThread();

    private static int NiceHere() => OperatingSystem.IsLinux() ? GetPriority(0, 0) : 0;

    [DllImport("libc", EntryPoint = "getpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetPriority(int which, uint who);
}
