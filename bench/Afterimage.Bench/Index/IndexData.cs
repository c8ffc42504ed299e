using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Afterimage.Bench.Index;

/// <summary>
/// Vectors with the shape of prompt embeddings, as <c>../shared/data/README.md</c> describes them: 0.8 of one common direction plus a random mix of 64
/// fixed ones as cluster centres, one centre per 20 vectors, members at a noise of 0.35, queries at 0.25 from a member. Members of one cluster arrive
/// shuffled within blocks of 10,000, so that a prefix is a smaller set of the same shape. Fixed seeds; a file that every peer reads:
/// <c>int32 count, queries, dimensions; float32 vectors; float32 queries</c>, and beside it the true nearest neighbours.
/// </summary>
internal sealed class IndexData
{
    private const int Block = 10_000;
    private const int ClusterSize = 20;
    private const int Directions = 64;

    private readonly float[][] _blocks;
    private readonly float[] _queries;
    private (int Nearest, float Similarity)[]? _truth;
    private string? _path;

    private IndexData(int count, int queryCount, int dimensions, float[][] blocks, float[] queries)
    {
        Count = count;
        QueryCount = queryCount;
        Dimensions = dimensions;
        _blocks = blocks;
        _queries = queries;
    }

    public int Count { get; }

    public int QueryCount { get; }

    public int Dimensions { get; }

    /// <summary>The true nearest vector of each query and its similarity; found once and kept in the temporary folder.</summary>
    public (int Nearest, float Similarity)[] Truth => _truth ??= LoadTruth();

    /// <summary>The file that peers read, written once.</summary>
    public string Path => _path ??= Save();

    public ReadOnlyMemory<float> Vector(int i) => _blocks[i / Block].AsMemory(i % Block * Dimensions, Dimensions);

    public ReadOnlyMemory<float> Query(int i) => _queries.AsMemory(i * Dimensions, Dimensions);

    /// <summary>Makes the vectors, the queries and the truth; the file is written once and kept in the temporary folder.</summary>
    public static IndexData Make(int count, int queryCount, int dimensions = 768)
    {
        float[][] frame = new float[Directions + 1][];
        var random = new Random(20261121);
        for (int i = 0; i <= Directions; i++)
        {
            frame[i] = new float[dimensions];
            AddNoise(random, frame[i], 1);
            Normalize(frame[i]);
        }

        float[][] blocks = new float[(count + Block - 1) / Block][];
        Parallel.For(0, blocks.Length, b => blocks[b] = MakeBlock(b, Math.Min(Block, count - (b * Block)), dimensions, frame));
        float[] queries = new float[queryCount * dimensions];
        var data = new IndexData(count, queryCount, dimensions, blocks, queries);
        random = new Random(count);
        for (int q = 0; q < queryCount; q++)
        {
            Span<float> query = queries.AsSpan(q * dimensions, dimensions);
            data.Vector(random.Next(count)).Span.CopyTo(query);
            AddNoise(random, query, 0.25f);
            Normalize(query);
        }

        return data;
    }

    /// <summary>Share of the queries with a neighbour above the floor whose nearest was found.</summary>
    public double Recall(IReadOnlyList<int> found, float floor)
    {
        int asked = 0, right = 0;
        for (int q = 0; q < QueryCount; q++)
        {
            if (Truth[q].Similarity >= floor)
            {
                asked++;
                right += found[q] == Truth[q].Nearest ? 1 : 0;
            }
        }

        return asked == 0 ? double.NaN : (double)right / asked;
    }

    private static float[] MakeBlock(int block, int count, int dimensions, float[][] frame)
    {
        var random = new Random(1000 + block);
        float[] vectors = new float[count * dimensions];
        float[][] centres = [.. Enumerable.Range(0, (count + ClusterSize - 1) / ClusterSize).Select(_ => Centre(random, dimensions, frame))];
        int[] order = [.. Enumerable.Range(0, count)];
        random.Shuffle(order);
        for (int i = 0; i < count; i++)
        {
            Span<float> vector = vectors.AsSpan(order[i] * dimensions, dimensions);
            centres[i / ClusterSize].CopyTo(vector);
            AddNoise(random, vector, 0.35f);
            Normalize(vector);
        }

        return vectors;
    }

    private static float[] Centre(Random random, int dimensions, float[][] frame)
    {
        float[] centre = [.. frame[Directions].Select(x => 0.8f * x)];
        for (int d = 0; d < Directions; d++)
        {
            float share = 0.12f * Gaussian(random);
            for (int i = 0; i < dimensions; i++)
            {
                centre[i] += share * frame[d][i];
            }
        }

        Normalize(centre);
        return centre;
    }

    private string FileOf(string extension)
    {
        string folder = Directory.CreateDirectory(System.IO.Path.Combine(System.IO.Path.GetTempPath(), "afterimage-bench-index")).FullName;
        return System.IO.Path.Combine(folder, $"vectors-{Count}-{QueryCount}-{Dimensions}{extension}");
    }

    private string Save()
    {
        string path = FileOf(".f32");
        if (!File.Exists(path))
        {
            using (FileStream file = File.Create(path + ".new"))
            {
                file.Write(MemoryMarshal.AsBytes<int>([Count, QueryCount, Dimensions]));
                foreach (float[] block in _blocks)
                {
                    file.Write(MemoryMarshal.AsBytes<float>(block));
                }

                file.Write(MemoryMarshal.AsBytes<float>(_queries));
            }

            File.Move(path + ".new", path, overwrite: true);
        }

        return path;
    }

    private (int Nearest, float Similarity)[] LoadTruth()
    {
        string path = FileOf(".truth");
        if (!File.Exists(path))
        {
            File.WriteAllBytes(path + ".new", MemoryMarshal.AsBytes<(int, float)>(FindTruth()).ToArray());
            File.Move(path + ".new", path, overwrite: true);
        }

        return MemoryMarshal.Cast<byte, (int, float)>(File.ReadAllBytes(path)).ToArray();
    }

    private (int Nearest, float Similarity)[] FindTruth()
    {
        var best = new (int Nearest, float Similarity)[QueryCount];
        Array.Fill(best, (-1, float.MinValue));
        const int slice = 8;
        Parallel.For(0, (QueryCount + slice - 1) / slice, s =>
        {
            for (int i = 0; i < Count; i++)
            {
                ReadOnlySpan<float> vector = Vector(i).Span;
                for (int q = s * slice; q < Math.Min(QueryCount, (s + 1) * slice); q++)
                {
                    float similarity = Dot(vector, Query(q).Span);
                    if (similarity > best[q].Similarity)
                    {
                        best[q] = (i, similarity);
                    }
                }
            }
        });
        return best;
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ref float x = ref MemoryMarshal.GetReference(a);
        ref float y = ref MemoryMarshal.GetReference(b);
        Vector512<float> one = default, two = default;
        for (nuint i = 0; i + 32 <= (nuint)a.Length; i += 32)
        {
            one = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, i), Vector512.LoadUnsafe(ref y, i), one);
            two = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, i + 16), Vector512.LoadUnsafe(ref y, i + 16), two);
        }

        return Vector512.Sum(one + two);
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
