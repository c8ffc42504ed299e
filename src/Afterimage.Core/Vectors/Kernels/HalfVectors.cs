using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Afterimage.Vectors.Kernels;

/// <summary>
/// Stored vectors are IEEE float16; similarity is computed from them in float32. The runtime has no vector conversion for
/// <see cref="Half"/>, so the bits are moved by hand: finite values only, which is all that is ever stored.
/// </summary>
internal static class HalfVectors
{
    // A float16 moved into float32's place has an exponent that is 112 too small; one multiplication corrects it, subnormal numbers included.
    private const float ExponentGap = 5.192296858534828e33f;

    /// <summary>Rounds to the nearest float16, ties to even, as <c>(Half)x</c> does. Magnitudes are at most 1.</summary>
    public static void FromSingle(ReadOnlySpan<float> source, Span<Half> destination)
    {
        ref float from = ref MemoryMarshal.GetReference(source);
        ref ushort to = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<Half, ushort>(destination[..source.Length]));
        int i = 0;
        for (; i + 16 <= source.Length; i += 16)
        {
            Vector256<uint> low = Narrow(Vector256.LoadUnsafe(ref from, (nuint)i));
            Vector256<uint> high = Narrow(Vector256.LoadUnsafe(ref from, (nuint)i + 8));
            Vector256.Narrow(low, high).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = (Half)source[i];
        }
    }

    /// <summary>Dot product of a stored vector with a query, and the stored vector's squared norm, in one pass.</summary>
    public static (float Dot, float NormSquared) Dot(ReadOnlySpan<Half> stored, ReadOnlySpan<float> query)
    {
        ref ushort x = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<Half, ushort>(stored));
        ref float q = ref MemoryMarshal.GetReference(query[..stored.Length]);
        Vector256<float> dotLow = default, dotHigh = default, normLow = default, normHigh = default;
        int i = 0;
        for (; i + 16 <= stored.Length; i += 16)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.LoadUnsafe(ref x, (nuint)i));
            Vector256<float> a = Expand(low);
            Vector256<float> b = Expand(high);
            dotLow = Vector256.FusedMultiplyAdd(a, Vector256.LoadUnsafe(ref q, (nuint)i), dotLow);
            dotHigh = Vector256.FusedMultiplyAdd(b, Vector256.LoadUnsafe(ref q, (nuint)i + 8), dotHigh);
            normLow = Vector256.FusedMultiplyAdd(a, a, normLow);
            normHigh = Vector256.FusedMultiplyAdd(b, b, normHigh);
        }

        float dot = Vector256.Sum(dotLow + dotHigh);
        float norm = Vector256.Sum(normLow + normHigh);
        for (; i < stored.Length; i++)
        {
            float value = (float)stored[i];
            dot += value * query[i];
            norm += value * value;
        }

        return (dot, norm);
    }

    /// <summary>Back to float32, exactly.</summary>
    public static void ToSingle(ReadOnlySpan<Half> source, Span<float> destination)
    {
        ref ushort from = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<Half, ushort>(source));
        ref float to = ref MemoryMarshal.GetReference(destination[..source.Length]);
        int i = 0;
        for (; i + 16 <= source.Length; i += 16)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.LoadUnsafe(ref from, (nuint)i));
            Expand(low).StoreUnsafe(ref to, (nuint)i);
            Expand(high).StoreUnsafe(ref to, (nuint)i + 8);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = (float)source[i];
        }
    }

    private static Vector256<float> Expand(Vector256<uint> half)
    {
        Vector256<float> magnitude = ((half & Vector256.Create(0x7FFFu)) << 13).AsSingle() * Vector256.Create(ExponentGap);
        return (magnitude.AsUInt32() | ((half & Vector256.Create(0x8000u)) << 16)).AsSingle();
    }

    private static Vector256<uint> Narrow(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        Vector256<uint> sign = bits & Vector256.Create(0x8000_0000u);
        Vector256<uint> magnitude = bits ^ sign;

        // Normal numbers: rebias the exponent and round half to even by carrying into the bits that stay.
        Vector256<uint> odd = (magnitude >> 13) & Vector256<uint>.One;
        Vector256<uint> normal = (magnitude + Vector256.Create(0xC800_0FFFu) + odd) >> 13;

        // Below 2^-14 the result is subnormal: adding 0.5 lets the float unit align and round it into the lowest bits.
        Vector256<uint> subnormal = (magnitude.AsSingle() + Vector256.Create(0.5f)).AsUInt32() - Vector256.Create(0x3F00_0000u);
        Vector256<uint> small = Vector256.LessThan(magnitude, Vector256.Create(0x3880_0000u));
        return Vector256.ConditionalSelect(small, subnormal, normal) | (sign >> 16);
    }
}
