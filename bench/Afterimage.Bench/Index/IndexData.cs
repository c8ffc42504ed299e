using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Afterimage.Bench.Index;

/// <summary>
/// One data set and one set of queries, in files that every peer reads: <c>NAME.f32</c> and <c>NAME.QUERIES.f32</c>, each <c>int32 rows, dimensions;
/// float32 vectors</c>, and beside them the true nearest neighbours. Settings are chosen on the queries <c>tuning</c>, figures come from <c>held-out</c>.
/// </summary>
internal sealed unsafe class IndexData : IDisposable
{
    public const string Tuning = "tuning";
    public const string HeldOut = "held-out";

    // Equal vectors are equally right: prompts that differ in their spelling only have one vector.
    private const float Tie = 1e-5f;

    private readonly MappedVectors _vectors;
    private readonly MappedVectors _queries;

    private IndexData(string name, string queries)
    {
        (Name, Queries) = (name, queries);
        _vectors = new MappedVectors(Path);
        _queries = new MappedVectors(QueriesPath);
        Truth = LoadTruth();
    }

    /// <summary>For example <c>shape-100000</c> or <c>prompts</c>.</summary>
    public string Name { get; }

    public string Queries { get; }

    public string Path => BenchFiles.Of($"{Name}.f32");

    public string QueriesPath => BenchFiles.Of($"{Name}.{Queries}.f32");

    public int Count => _vectors.Rows;

    public int QueryCount => _queries.Rows;

    public int Dimensions => _vectors.Dimensions;

    /// <summary>The true nearest vector of each query and its similarity.</summary>
    public (int Nearest, float Similarity)[] Truth { get; }

    /// <summary>Opens a data set, making its files where they are missing.</summary>
    public static IndexData Open(string name, string queries)
    {
        if (name == PromptVectors.Name)
        {
            PromptVectors.Make();
        }
        else
        {
            ShapedVectors.Make(name, int.Parse(name.Split('-')[1]));
        }

        return new IndexData(name, queries);
    }

    public ReadOnlyMemory<float> Vector(int i) => _vectors.Row(i).ToArray();

    public ReadOnlyMemory<float> Query(int i) => _queries.Row(i).ToArray();

    /// <summary>Share of the queries with a neighbour at or above the floor whose nearest, or one as near, was found.</summary>
    public double Recall(IReadOnlyList<int> found, float floor)
    {
        int right = 0;
        for (int q = 0; q < QueryCount; q++)
        {
            bool counts = Truth[q].Similarity >= floor;
            right += counts && found[q] >= 0 && Dot(_vectors.Row(found[q]), _queries.Row(q)) >= Truth[q].Similarity - Tie ? 1 : 0;
        }

        int asked = Asked(floor);
        return asked == 0 ? double.NaN : (double)right / asked;
    }

    /// <summary>Queries with a neighbour at or above the floor.</summary>
    public int Asked(float floor) => Truth.Count(t => t.Similarity >= floor);

    public void Dispose()
    {
        _vectors.Dispose();
        _queries.Dispose();
    }

    /// <summary>Writes vectors in the form that peers read.</summary>
    public static void Write(string path, int rows, int dimensions, IEnumerable<float[]> parts)
    {
        using FileStream file = File.Create(path);
        file.Write(MemoryMarshal.AsBytes<int>([rows, dimensions]));
        foreach (float[] part in parts)
        {
            file.Write(MemoryMarshal.AsBytes<float>(part));
        }
    }

    private (int Nearest, float Similarity)[] LoadTruth()
    {
        string path = BenchFiles.Make($"{Name}.{Queries}.truth", p => File.WriteAllBytes(p, MemoryMarshal.AsBytes<(int, float)>(FindTruth()).ToArray()));
        return MemoryMarshal.Cast<byte, (int, float)>(File.ReadAllBytes(path)).ToArray();
    }

    private (int Nearest, float Similarity)[] FindTruth()
    {
        var best = new (int Nearest, float Similarity)[QueryCount];
        Array.Fill(best, (-1, float.MinValue));
        const int slice = 25;
        Parallel.For(0, (QueryCount + slice - 1) / slice, s =>
        {
            for (int i = 0; i < Count; i++)
            {
                ReadOnlySpan<float> vector = _vectors.Row(i);
                for (int q = s * slice; q < Math.Min(QueryCount, (s + 1) * slice); q++)
                {
                    float similarity = Dot(vector, _queries.Row(q));
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
        nuint i = 0;
        for (; i + 32 <= (nuint)a.Length; i += 32)
        {
            one = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, i), Vector512.LoadUnsafe(ref y, i), one);
            two = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, i + 16), Vector512.LoadUnsafe(ref y, i + 16), two);
        }

        float sum = Vector512.Sum(one + two);
        for (; i < (nuint)a.Length; i++)
        {
            sum += a[(int)i] * b[(int)i];
        }

        return sum;
    }

    /// <summary>A file of vectors, mapped: nothing of it counts as private memory of the process that is measured.</summary>
    private sealed class MappedVectors : IDisposable
    {
        private readonly MemoryMappedFile _file;
        private readonly MemoryMappedViewAccessor _view;
        private readonly byte* _start;

        public MappedVectors(string path)
        {
            _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
            (Rows, Dimensions) = (((int*)_start)[0], ((int*)_start)[1]);
        }

        public int Rows { get; }

        public int Dimensions { get; }

        public ReadOnlySpan<float> Row(int i) => new((float*)(_start + 8) + ((long)i * Dimensions), Dimensions);

        public void Dispose()
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }
}
