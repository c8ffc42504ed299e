using System.Diagnostics;
using Afterimage.Tests.Conformance;
using Afterimage.Vectors;
using Xunit;

namespace Afterimage.Tests.Vectors;

/// <summary>A process that writes is killed at random moments, again and again; every reopening is compared with what it had acknowledged.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_killed_writer_loses_nothing_it_acknowledged_and_leaves_nothing_torn()
    {
        int kills = Environment.GetEnvironmentVariable("AFTERIMAGE_TEST_HEAVY") == "1" ? 300 : 16;
        var random = new Random(Environment.TickCount);
        var expected = new Dictionary<Hash256, int>();
        int done = 0;
        for (int kill = 0; kill < kills; kill++)
        {
            int acknowledged = await WriteAndKillAsync(done, random);
            for (int number = done + 1; number <= acknowledged; number++)
            {
                Apply(expected, number, int.MaxValue);
            }

            done = acknowledged;
            if (kill % 4 == 3)
            {
                // Now and then nobody looks between two crashes.
                continue;
            }

            await using VectorIndex index = CrashWriter.Open(_folder.Path);
            await VerifyAsync(index, expected, done);
        }

        TestContext.Current.SendDiagnosticMessage($"{kills} kills, {done} operations acknowledged");
        Assert.True(done > 0);
    }

    /// <summary>Lets the writer run for a moment; the number of the last operation it acknowledged.</summary>
    private async Task<int> WriteAndKillAsync(int done, Random random)
    {
        string program = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        var start = new ProcessStartInfo(program, isHost ? [typeof(CrashTests).Assembly.Location] : []) { RedirectStandardOutput = true };
        start.Environment[CrashWriter.Variable] = $"{_folder.Path}|{done + 1}";
        using Process writer = Process.Start(start)!;

        // Mostly in the middle of writing, sometimes while it is still starting or reading its log.
        bool early = random.Next(8) == 0;
        string? line = early ? null : await writer.StandardOutput.ReadLineAsync(Stop);
        await Task.Delay(random.Next(early ? 400 : 150), Stop);
        writer.Kill();
        while (true)
        {
            done = int.TryParse(line, out int number) ? number : done;
            line = await writer.StandardOutput.ReadLineAsync(Stop);
            if (line is null)
            {
                await writer.WaitForExitAsync(Stop);
                return done;
            }
        }
    }

    /// <summary>The index holds what was acknowledged, and of the operation that was under way any first part.</summary>
    private static async Task VerifyAsync(VectorIndex index, Dictionary<Hash256, int> expected, int done)
    {
        var places = (await VectorIndexes.PlacesAsync(index)).ToDictionary(p => p.Entry);
        var found = places.ToDictionary(p => p.Key, p => NumberOf(p.Value));
        var possible = Enumerable.Range(0, 6).Select(parts =>
        {
            var state = new Dictionary<Hash256, int>(expected);
            Apply(state, done + 1, parts);
            return state;
        });
        Assert.Contains(possible, state => state.Count == found.Count && state.All(pair => found.GetValueOrDefault(pair.Key) == pair.Value));
        foreach (VectorPlace place in places.Values)
        {
            VectorRecord record = CrashWriter.Record(BitConverter.ToInt16(place.Batch.ToByteArray(), 4), NumberOf(place));
            Assert.Equal(new VectorPlace(record.Entry, record.Partition, record.Seed, record.Batch), place);
            IReadOnlyList<Neighbor> nearest = await index.SearchAsync(new VectorQuery(place.Partition, place.Seed, record.Vector, 1, 0.99f), Stop);
            Assert.Equal(place.Entry, Assert.Single(nearest).Entry);
            Assert.Equal(1, nearest[0].Similarity, 1e-3f);
        }

        Assert.Equal(0, index.Status.DamagedRecords);
    }

    private static int NumberOf(VectorPlace place) => BitConverter.ToInt32(place.Batch.ToByteArray());

    private static void Apply(Dictionary<Hash256, int> state, int number, int parts)
    {
        (VectorRecord[] add, Hash256[] remove) = CrashWriter.Operation(number);
        foreach (VectorRecord record in add.Take(parts))
        {
            state[record.Entry] = number;
        }

        foreach (Hash256 entry in remove.Take(parts))
        {
            state.Remove(entry);
        }
    }
}
