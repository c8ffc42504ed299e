using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Afterimage.Tools.WordVectors;

/// <summary>
/// Float kernels whose result does not depend on the machine: always eight lanes, multiply and add separately, lanes summed in one order.
/// Lengths are divisible by 8.
/// </summary>
internal static class FixedOrder
{
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ref float x = ref MemoryMarshal.GetReference(a);
        ref float y = ref MemoryMarshal.GetReference(b[..a.Length]);
        Vector256<float> sum = Vector256<float>.Zero;
        for (nuint i = 0; i < (nuint)a.Length; i += 8)
        {
            sum += Vector256.LoadUnsafe(ref x, i) * Vector256.LoadUnsafe(ref y, i);
        }

        return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
    }

    /// <summary><c>target += source * factor</c>.</summary>
    public static void Add(ReadOnlySpan<float> source, float factor, Span<float> target)
    {
        ref float x = ref MemoryMarshal.GetReference(source);
        ref float y = ref MemoryMarshal.GetReference(target[..source.Length]);
        Vector256<float> f = Vector256.Create(factor);
        for (nuint i = 0; i < (nuint)source.Length; i += 8)
        {
            (Vector256.LoadUnsafe(ref y, i) + (Vector256.LoadUnsafe(ref x, i) * f)).StoreUnsafe(ref y, i);
        }
    }

    public static void Scale(Span<float> target, float factor)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] *= factor;
        }
    }

    /// <summary>Scales to length 1; leaves a zero vector alone. Returns the length it had.</summary>
    public static float Normalize(Span<float> target)
    {
        float norm = MathF.Sqrt(Dot(target, target));
        if (norm > 0)
        {
            Scale(target, 1 / norm);
        }

        return norm;
    }
}
