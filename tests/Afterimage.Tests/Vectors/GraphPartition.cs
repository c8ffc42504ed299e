using Afterimage.Tests.Conformance;
using Afterimage.Vectors;
using Xunit;

namespace Afterimage.Tests.Vectors;

/// <summary>A partition that is large enough for a graph, in a folder of its own: what the tests of graphs have in common.</summary>
internal sealed class GraphPartition : IDisposable
{
    public const int Dimensions = 64;
    public const string Space = "test/graph";

    public static readonly Hash256 Partition = Hash256.Of("p");

    private readonly TemporaryFolder _folder = new();

    public string Inner => VectorIndex.FolderOf(_folder.Path, Space);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public string[] GraphFiles() => Directory.GetFiles(Inner, "*.graph");

    public VectorIndex Open(long segmentBytes = 64 << 20) => VectorIndex.Open(
        new VectorIndexOptions { Folder = _folder.Path, SpaceId = Space, Dimensions = Dimensions, GraphMin = 256, SegmentBytesMax = segmentBytes });

    /// <summary>Share of the records that a slightly moved copy of their vector finds first.</summary>
    public static async Task<double> RecallAsync(VectorIndex index, VectorRecord[] records)
    {
        var random = new Random(77);
        int right = 0, asked = 0;
        for (int i = 0; i < records.Length; i += Math.Max(1, records.Length / 300))
        {
            float[] query = VectorData.Near(random, records[i].Vector.ToArray(), 0.05f);
            IReadOnlyList<Neighbor> found = await index.SearchAsync(new VectorQuery(Partition, null, query, 1, 0.85f), Stop);
            asked++;
            right += found.Count == 1 && (found[0].Entry == records[i].Entry || found[0].Similarity > 0.99f) ? 1 : 0;
        }

        return (double)right / asked;
    }

    /// <summary>Clusters of 20 whose members are at a noise of 0.35 from their centre.</summary>
    public static VectorRecord[] Clusters(int count, int seed = 5)
    {
        var random = new Random(seed);
        float[][] centres = [.. Enumerable.Range(0, (count / 20) + 1).Select(_ => VectorData.Unit(random, Dimensions))];
        return [.. Enumerable.Range(0, count).Select(i => Record(i, VectorData.Near(random, centres[i % centres.Length], 0.35f)))];
    }

    public static VectorRecord Record(int number, float[] vector, long? seed = null) =>
        new(VectorIndexes.Entry(number), Partition, seed, vector);

    public void Dispose() => _folder.Dispose();
}
