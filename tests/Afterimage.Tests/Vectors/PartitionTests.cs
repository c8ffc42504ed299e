using System.Diagnostics.Metrics;
using Afterimage.Diagnostics;
using Afterimage.Tests.Conformance;
using Afterimage.Vectors;
using Afterimage.Vectors.Kernels;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Afterimage.Tests.Vectors;

/// <summary>Many partitions, tiny ones, and what may never be seen from where.</summary>
public sealed class PartitionTests : IDisposable
{
    private const int Dimensions = 16;

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void No_search_sees_another_partition_or_seed_whatever_came_before()
    {
        var operations = Gen.Choose(0, 5999).ListOf();
        Prop.ForAll(operations.ToArbitrary(), list => RunAsync([.. list]).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    [Fact]
    public async Task A_hundred_thousand_partitions_cost_bytes_each()
    {
        await using VectorIndex index = Open("many");
        await index.AddAsync([Record(0, 0)], Stop);
        long empty = index.Status.MemoryBytes;
        for (int start = 0; start < 100_000; start += 1000)
        {
            await index.AddAsync([.. Enumerable.Range(start, 1000).Select(i => Record(i, i))], Stop);
        }

        // A row of 64 bytes and what belongs to it, a key, a head, a slot: no object, no array of its own.
        Assert.Equal(100_000, index.Status.Partitions);
        Assert.InRange((index.Status.MemoryBytes - empty) / 100_000, 64, 300);

        long full = index.Status.MemoryBytes;
        await index.RemoveAsync([.. Enumerable.Range(0, 100_000).Select(VectorIndexes.Entry)], Stop);
        Assert.Equal(0, index.Status.Partitions);
        await index.AddAsync([.. Enumerable.Range(200_000, 50_000).Select(i => Record(i, i))], Stop);
        Assert.True(index.Status.MemoryBytes <= full);
    }

    [Theory]
    [MemberData(nameof(KernelTests.Kernels), MemberType = typeof(KernelTests))]
    public async Task Every_kernel_gives_the_oracles_answers(string kernel)
    {
        await using VectorIndex index = VectorIndex.Open(new VectorIndexOptions
        {
            Folder = _folder.Path,
            SpaceId = kernel,
            Dimensions = 100,
            GraphMin = 128,
            Kernel = DotKernel.Choose(kernel),
        });
        await using var oracle = new ScanIndex(kernel, 100);
        var random = new Random(1);
        VectorRecord[] records = [.. Enumerable.Range(0, 100).Select(i => Record(i, i % 2) with { Vector = VectorData.Unit(random, 100) })];
        await index.AddAsync(records, Stop);
        await oracle.AddAsync(records, Stop);
        foreach (float floor in new[] { -1f, 0.1f, 0.9f })
        {
            for (int i = 0; i < 20; i++)
            {
                float[] query = VectorData.Near(random, records[i].Vector.ToArray(), 0.3f);
                await VectorIndexes.AgreesAsync(index, oracle, new VectorQuery(records[i].Partition, null, query, 5, floor), 1e-3f);
            }
        }
    }

    [Fact]
    public async Task Instruments_tell_what_is_there()
    {
        await using VectorIndex index = Open("metrics");
        var seen = new Dictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == Telemetry.MeterName && instrument.Name.StartsWith("afterimage.index.", StringComparison.Ordinal))
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                lock (seen)
                {
                    if (tag.Key == "path" || Equals(tag.Value, "metrics"))
                    {
                        seen[$"{instrument.Name} {tag.Value}"] = value;
                    }
                }
            }
        });
        listener.Start();
        await index.AddAsync([Record(1, 1), Record(2, 1), Record(3, 2)], Stop);
        await index.SearchAsync(new VectorQuery(Partition(1), null, Record(1, 1).Vector, 1, 0), Stop);
        listener.RecordObservableInstruments();

        Assert.Equal(3, seen["afterimage.index.vectors metrics"]);
        Assert.Equal(2, seen["afterimage.index.partitions metrics"]);
        Assert.True(seen["afterimage.index.memory metrics"] > 0);
        Assert.True(seen.ContainsKey("afterimage.index.log.lag metrics"));
        Assert.True(seen["afterimage.index.search.duration chain"] > 0);
    }

    /// <summary>Each number is an operation: what it adds or removes, and where it looks.</summary>
    private async Task RunAsync(IReadOnlyList<int> operations)
    {
        await using VectorIndex index = Open(Guid.NewGuid().ToString("N"));
        var truth = new Dictionary<Hash256, VectorRecord>();
        foreach (int operation in operations)
        {
            VectorRecord record = Record(operation % 40, operation / 40 % 3, operation / 120 % 4 is > 0 and int seed ? seed : null);
            if (operation % 5 == 0)
            {
                Assert.Equal(truth.Remove(record.Entry), await index.RemoveAsync([record.Entry], Stop) == 1);
            }
            else
            {
                await index.AddAsync([record], Stop);
                truth[record.Entry] = record;
            }

            var query = new VectorQuery(record.Partition, operation % 2 == 0 ? record.Seed : null, record.Vector, 100, -1);
            IEnumerable<Hash256> expected = truth.Values
                .Where(r => r.Partition == query.Partition && (query.Seed is null || r.Seed == query.Seed)).Select(r => r.Entry).Order();
            Assert.Equal(expected, (await index.SearchAsync(query, Stop)).Select(n => n.Entry).Order());
        }
    }

    private static Hash256 Partition(int number) => Hash256.Of($"partition {number}");

    private static VectorRecord Record(int number, int partition, long? seed = null) => new(
        VectorIndexes.Entry(number), Partition(partition), seed, VectorData.Unit(new Random(number), Dimensions));

    private VectorIndex Open(string space) => VectorIndex.Open(
        new VectorIndexOptions { Folder = _folder.Path, SpaceId = space, Dimensions = Dimensions, GraphMin = 128 });
}
