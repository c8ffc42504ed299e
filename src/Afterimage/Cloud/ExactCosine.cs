using System.Numerics;
using System.Runtime.InteropServices;

namespace Afterimage.Cloud;

/// <summary>
/// The cosine that decides. Remote engines rank by approximate scores or in their own precision; every provider recomputes with this, so that one
/// threshold means the same everywhere.
/// </summary>
internal static class ExactCosine
{
    /// <summary>Cosine of two vectors of equal length, -1 to 1; 0 where one of them is all zero or not finite.</summary>
    public static float Of(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(b.Length, a.Length);
        double dot = 0, aa = 0, bb = 0;
        int width = Vector<float>.Count;
        int whole = a.Length - (a.Length % width);
        ReadOnlySpan<Vector<float>> va = MemoryMarshal.Cast<float, Vector<float>>(a[..whole]);
        ReadOnlySpan<Vector<float>> vb = MemoryMarshal.Cast<float, Vector<float>>(b[..whole]);
        Vector<double> sumDot = default, sumA = default, sumB = default;
        for (int i = 0; i < va.Length; i++)
        {
            Vector.Widen(va[i], out Vector<double> aLow, out Vector<double> aHigh);
            Vector.Widen(vb[i], out Vector<double> bLow, out Vector<double> bHigh);
            sumDot += (aLow * bLow) + (aHigh * bHigh);
            sumA += (aLow * aLow) + (aHigh * aHigh);
            sumB += (bLow * bLow) + (bHigh * bHigh);
        }

        dot += Vector.Sum(sumDot);
        aa += Vector.Sum(sumA);
        bb += Vector.Sum(sumB);
        for (int i = whole; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            aa += (double)a[i] * a[i];
            bb += (double)b[i] * b[i];
        }

        double cosine = dot / Math.Sqrt(aa * bb);
        return double.IsFinite(cosine) ? (float)Math.Clamp(cosine, -1, 1) : 0;
    }

    /// <summary>Whether every component is zero: a text without words, which never matches.</summary>
    public static bool IsZero(ReadOnlySpan<float> vector) => vector.IndexOfAnyExcept(0f) < 0;

    /// <summary>Whether every component is a number.</summary>
    public static bool IsFinite(ReadOnlySpan<float> vector)
    {
        foreach (float component in vector)
        {
            if (!float.IsFinite(component))
            {
                return false;
            }
        }

        return true;
    }
}
