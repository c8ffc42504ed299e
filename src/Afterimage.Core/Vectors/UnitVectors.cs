using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Afterimage.Vectors;

/// <summary>Vectors come as unit vectors; this makes sure of it.</summary>
internal static class UnitVectors
{
    /// <summary>Throws where a component is not finite.</summary>
    public static void RequireFinite(ReadOnlySpan<float> vector, string name)
    {
        // One value that is not finite makes the sum not finite; so may very large ones, which is why the slow look decides.
        if (float.IsFinite(NormSquared(vector)))
        {
            return;
        }

        foreach (float x in vector)
        {
            if (!float.IsFinite(x))
            {
                throw new ArgumentException($"A vector has a component that is {x}.", name);
            }
        }
    }

    /// <summary>Writes <paramref name="source"/>, whose components are finite, with L2 norm 1, or all zero where it has no length.</summary>
    public static void Normalize(ReadOnlySpan<float> source, Span<float> destination)
    {
        float normSquared = NormSquared(source);
        if (normSquared is < 1e-12f or > 1e12f || !float.IsFinite(normSquared))
        {
            // Far from a unit vector: scaled by its largest component first, so that squares neither vanish nor overflow.
            float largest = 0;
            foreach (float x in source)
            {
                largest = Math.Max(largest, Math.Abs(x));
            }

            if (largest == 0)
            {
                destination[..source.Length].Clear();
                return;
            }

            Scale(source, destination, Math.Min(1 / largest, float.MaxValue));
            source = destination[..source.Length];
            normSquared = NormSquared(source);
        }

        Scale(source, destination, 1 / MathF.Sqrt(normSquared));
    }

    private static void Scale(ReadOnlySpan<float> source, Span<float> destination, float factor)
    {
        ref float from = ref MemoryMarshal.GetReference(source);
        ref float to = ref MemoryMarshal.GetReference(destination[..source.Length]);
        int i = 0;
        for (; i + 8 <= source.Length; i += 8)
        {
            (Vector256.LoadUnsafe(ref from, (nuint)i) * factor).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = source[i] * factor;
        }
    }

    private static float NormSquared(ReadOnlySpan<float> vector)
    {
        ref float x = ref MemoryMarshal.GetReference(vector);
        Vector256<float> sum = default;
        int i = 0;
        for (; i + 8 <= vector.Length; i += 8)
        {
            Vector256<float> value = Vector256.LoadUnsafe(ref x, (nuint)i);
            sum = Vector256.FusedMultiplyAdd(value, value, sum);
        }

        float total = Vector256.Sum(sum);
        for (; i < vector.Length; i++)
        {
            total += vector[i] * vector[i];
        }

        return total;
    }
}
