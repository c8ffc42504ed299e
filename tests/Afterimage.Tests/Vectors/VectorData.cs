namespace Afterimage.Tests.Vectors;

/// <summary>Vectors for tests.</summary>
internal static class VectorData
{
    public static float[] Unit(Random random, int dimensions) => Normalized([.. Enumerable.Range(0, dimensions).Select(_ => Gaussian(random))]);

    public static float[] Axis(int dimensions, int axis)
    {
        float[] vector = new float[dimensions];
        vector[axis] = 1;
        return vector;
    }

    /// <summary>A unit vector near another: Gaussian noise of about the given norm added.</summary>
    public static float[] Near(Random random, float[] centre, float noise) =>
        Normalized([.. centre.Select(x => x + (Gaussian(random) * noise / MathF.Sqrt(centre.Length)))]);

    public static float[] Normalized(float[] vector)
    {
        float norm = MathF.Sqrt(vector.Sum(x => x * x));
        return [.. vector.Select(x => x / norm)];
    }

    private static float Gaussian(Random random) =>
        MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle());
}
