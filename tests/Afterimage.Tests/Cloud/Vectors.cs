using Afterimage.Vectors;

namespace Afterimage.Tests.Cloud;

/// <summary>Made-up vectors, the same for the same numbers.</summary>
internal static class Vectors
{
    /// <summary>A unit vector.</summary>
    public static float[] Unit(int seed, int dimensions)
    {
        var random = new Random(seed);
        float[] vector = new float[dimensions];
        double norm = 0;
        for (int i = 0; i < dimensions; i++)
        {
            vector[i] = (float)((random.NextDouble() * 2) - 1);
            norm += vector[i] * vector[i];
        }

        for (int i = 0; i < dimensions; i++)
        {
            vector[i] /= (float)Math.Sqrt(norm);
        }

        return vector;
    }

    /// <summary>A unit vector not far from <paramref name="center"/>; noise 0 is the centre itself.</summary>
    public static float[] Near(float[] center, int seed, double noise)
    {
        float[] other = Unit(seed, center.Length);
        float[] near = [.. center.Zip(other, (a, b) => (float)(a + (noise * b)))];
        float norm = MathF.Sqrt(near.Sum(x => x * x));
        return [.. near.Select(x => x / norm)];
    }

    public static Hash256 Key(int number) => Hash256.Of("entry " + number);

    public static Hash256 Partition(int number) => Hash256.Of("partition " + number);

    public static VectorRecord Record(int number, int dimensions, int partition = 0, long? seed = null, Guid batch = default) =>
        new(Key(number), Partition(partition), seed, Unit(number, dimensions), batch);
}
