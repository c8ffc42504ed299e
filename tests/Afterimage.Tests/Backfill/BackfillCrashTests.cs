using System.Diagnostics;
using Afterimage.Backfill.Jobs;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Vectors;
using Xunit;

namespace Afterimage.Tests.Backfill;

/// <summary>The real program, killed again and again: the end result is that of an undisturbed run. AFTERIMAGE_TEST_HEAVY=1 kills 50 times.</summary>
public sealed class BackfillCrashTests
{
    private static int Kills => Environment.GetEnvironmentVariable("AFTERIMAGE_TEST_HEAVY") == "1" ? 50 : 4;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_killed_at_random_points_ends_as_an_undisturbed_one(bool inPlace)
    {
        string root = Directory.CreateTempSubdirectory("afterimage-crash-").FullName;
        try
        {
            await using var fixture = new BackfillFixture(Path.Combine(root, "f"));
            int images = 400 * Kills;
            for (int i = 0; i < images; i++)
            {
                fixture.AddKeyed($"a fox in field {i}", i);
            }

            var random = new Random(11);
            string data = Path.Combine(root, "killed");
            for (int kill = 0; kill < Kills; kill++)
            {
                using Process process = Start(fixture.Images, data, inPlace, rate: 1500);
                await WaitForProgressAsync(process, data, kill * 100);
                await Task.Delay(random.Next(0, 150));
                process.Kill();
                await process.WaitForExitAsync();
            }

            using Process last = Start(fixture.Images, data, inPlace, rate: 0);
            await last.WaitForExitAsync();
            Assert.Equal(0, last.ExitCode);
            BackfillStatus status = Afterimage.Backfill.BackfillService.JobsIn(Path.Combine(data, "backfill")).Single();
            Assert.Empty(Afterimage.Backfill.BackfillService.FailuresIn(Path.Combine(data, "backfill"), status.Job.Batch).Select(f => $"{f.Key}: {f.Reason}"));
            Assert.Equal((BackfillState.Done, images, (long)images, 0L, 0L),
                (status.Job.State, (int)status.Progress.Processed, status.Progress.Adopted, status.Progress.Duplicates, status.Progress.Failed));

            await fixture.Service.RunAsync(fixture.Source, new BackfillOptions { InPlace = inPlace }, again: false, null, default);
            Assert.Equal(await fixture.SnapshotAsync(), await SnapshotAsync(fixture, data));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task<SortedSet<string>> SnapshotAsync(BackfillFixture fixture, string data)
    {
        var options = new Afterimage.Configuration.GatewayOptions { Data = data };
        await using IEntryStore store = Composition.OpenStore(options, TimeProvider.System);
        await using IVectorIndex index = Composition.OpenIndex(options, fixture.Context.Embedder.Space, new Stack<IAsyncDisposable>());
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (EntryHeader entry in store.EnumerateAsync(default))
        {
            Assert.True(lines.Add($"entry {entry.Key} {entry.Request.Prompt} {entry.ContentHash} {entry.Location} {entry.Extraction}"));
        }

        await foreach (VectorPlace place in index.EnumerateAsync(default))
        {
            lines.Add($"vector {place.Entry} {place.Partition} {place.Seed}");
        }

        return lines;
    }

    private static Process Start(string images, string data, bool inPlace, int rate)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[Path.Combine(AppContext.BaseDirectory, "afterimage.dll"), "backfill", "run", images, inPlace ? "--in-place" : "--copy", "--data", data, "--rate", $"{rate}", "--json", "--Store:Flush", "false"])
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start)!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return process;
    }

    private static async Task WaitForProgressAsync(Process process, string data, int processedMin)
    {
        while (!process.HasExited)
        {
            if (Afterimage.Backfill.BackfillService.JobsIn(Path.Combine(data, "backfill")) is [var job, ..] && job.Progress.Processed >= processedMin)
            {
                return;
            }

            await Task.Delay(5);
        }
    }
}
