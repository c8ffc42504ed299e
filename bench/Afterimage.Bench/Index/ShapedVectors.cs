namespace Afterimage.Bench.Index;

/// <summary>
/// Vectors with the shape of prompt embeddings, as <c>../shared/data/README.md</c> describes them: 0.8 of one common direction plus a random mix of 64
/// fixed ones as cluster centres, one centre per 20 vectors, members at a noise of 0.35, queries at 0.25 from a member. Members of one cluster arrive
/// shuffled within blocks of 10,000, so that a prefix is a smaller set of the same shape. Fixed seeds.
/// </summary>
internal static class ShapedVectors
{
    private const int Dimensions = 768;
    private const int Queries = 2000;
    private const int Block = 10_000;
    private const int ClusterSize = 20;
    private const int Directions = 64;

    public static void Make(string name, int count)
    {
        float[][] frame = Frame();
        int blocks = (count + Block - 1) / Block;
        int SizeOf(int block) => Math.Min(Block, count - (block * Block));
        BenchFiles.Make($"{name}.f32", path => IndexData.Write(
            path, count, Dimensions, Enumerable.Range(0, blocks).AsParallel().AsOrdered().WithMergeOptions(ParallelMergeOptions.NotBuffered).Select(b => MakeBlock(b, SizeOf(b), frame))));

        // A query is drawn near a member of a block; blocks can be made again one by one.
        foreach ((string set, int seed) in new[] { (IndexData.Tuning, count), (IndexData.HeldOut, -count - 1) })
        {
            BenchFiles.Make($"{name}.{set}.f32", path => IndexData.Write(path, Queries, Dimensions, MakeQueries(new Random(seed), count, frame, SizeOf)));
        }
    }

    /// <summary>A unit vector at a distance of about the given norm from another.</summary>
    public static float[] Near(Random random, ReadOnlySpan<float> centre, float norm)
    {
        float[] vector = centre.ToArray();
        AddNoise(random, vector, norm);
        Normalize(vector);
        return vector;
    }

    private static IEnumerable<float[]> MakeQueries(Random random, int count, float[][] frame, Func<int, int> sizeOf)
    {
        foreach (IGrouping<int, int> members in Enumerable.Range(0, Queries).Select(_ => random.Next(count)).GroupBy(m => m / Block).ToArray())
        {
            float[] block = MakeBlock(members.Key, sizeOf(members.Key), frame);
            foreach (int member in members)
            {
                yield return Near(random, block.AsSpan(member % Block * Dimensions, Dimensions), 0.25f);
            }
        }
    }

    private static float[][] Frame()
    {
        float[][] frame = new float[Directions + 1][];
        var random = new Random(20261121);
        for (int i = 0; i <= Directions; i++)
        {
            frame[i] = new float[Dimensions];
            AddNoise(random, frame[i], 1);
            Normalize(frame[i]);
        }

        return frame;
    }

    private static float[] MakeBlock(int block, int count, float[][] frame)
    {
        var random = new Random(1000 + block);
        float[] vectors = new float[count * Dimensions];
        float[][] centres = [.. Enumerable.Range(0, (count + ClusterSize - 1) / ClusterSize).Select(_ => Centre(random, frame))];
        int[] order = [.. Enumerable.Range(0, count)];
        random.Shuffle(order);
        for (int i = 0; i < count; i++)
        {
            Span<float> vector = vectors.AsSpan(order[i] * Dimensions, Dimensions);
            centres[i / ClusterSize].CopyTo(vector);
            AddNoise(random, vector, 0.35f);
            Normalize(vector);
        }

        return vectors;
    }

    private static float[] Centre(Random random, float[][] frame)
    {
        float[] centre = [.. frame[Directions].Select(x => 0.8f * x)];
        for (int d = 0; d < Directions; d++)
        {
            float share = 0.12f * Gaussian(random);
            for (int i = 0; i < Dimensions; i++)
            {
                centre[i] += share * frame[d][i];
            }
        }

        Normalize(centre);
        return centre;
    }

    private static void AddNoise(Random random, Span<float> vector, float norm)
    {
        float deviation = norm / MathF.Sqrt(vector.Length);
        for (int i = 0; i + 1 < vector.Length; i += 2)
        {
            (float sin, float cos) = MathF.SinCos(2 * MathF.PI * random.NextSingle());
            float radius = deviation * MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle()));
            vector[i] += radius * cos;
            vector[i + 1] += radius * sin;
        }
    }

    private static float Gaussian(Random random) =>
        MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle());

    private static void Normalize(Span<float> vector)
    {
        double sum = 0;
        foreach (float x in vector)
        {
            sum += (double)x * x;
        }

        float factor = (float)(1 / Math.Sqrt(sum));
        for (int i = 0; i < vector.Length; i++)
        {
            vector[i] *= factor;
        }
    }
}
