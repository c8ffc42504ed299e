using System.IO.Compression;
using Afterimage.Text;

namespace Afterimage.Bench.Index;

/// <summary>
/// The built-in embedder's vectors of the real prompts in <c>../shared/data</c>: every distinct prompt that has words, in a fixed random order. The last
/// 4,000 are not stored but asked for, half of them for tuning.
/// </summary>
internal static class PromptVectors
{
    public const string Name = "prompts";

    private const int Queries = 2000;

    public static void Make()
    {
        if (File.Exists(BenchFiles.Of($"{Name}.{IndexData.HeldOut}.f32")))
        {
            return;
        }

        var embedder = new BuiltInEmbedder();
        int dimensions = embedder.Space.Dimensions;
        float[][] vectors = [.. Prompts().Select(p => Embed(embedder, p)).Where(v => v.AsSpan().ContainsAnyExcept(0f))];
        Write($"{Name}.f32", vectors[..^(2 * Queries)], dimensions);
        Write($"{Name}.{IndexData.Tuning}.f32", vectors[^(2 * Queries)..^Queries], dimensions);
        Write($"{Name}.{IndexData.HeldOut}.f32", vectors[^Queries..], dimensions);
    }

    /// <summary>Every distinct prompt, in a fixed random order.</summary>
    public static string[] Prompts()
    {
        string[] prompts = [.. Read("traces/requests.tsv.gz").Concat(Read("text/diffusiondb-prompts.tsv.gz")).Concat(Read("text/coco-captions.tsv.gz"))
            .Concat(Read("text/pickapic-prompts.txt.gz")).Distinct(StringComparer.Ordinal)];
        new Random(20261126).Shuffle(prompts);
        return prompts;
    }

    private static float[] Embed(BuiltInEmbedder embedder, string prompt)
    {
        float[] vector = new float[embedder.Space.Dimensions];
        embedder.Embed(prompt, vector);
        return vector;
    }

    private static void Write(string name, float[][] vectors, int dimensions) =>
        BenchFiles.Make(name, path => IndexData.Write(path, vectors.Length, dimensions, vectors));

    private static IEnumerable<string> Read(string file)
    {
        string path = Path.Combine(BenchPaths.Root, "..", "shared", "data", file);
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        if (file.EndsWith(".tsv.gz", StringComparison.Ordinal))
        {
            reader.ReadLine();
        }

        while (reader.ReadLine() is { } line)
        {
            yield return line[(line.LastIndexOf('\t') + 1)..];
        }
    }
}
