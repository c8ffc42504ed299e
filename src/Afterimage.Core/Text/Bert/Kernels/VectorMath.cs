using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>Functions of whole vectors that the framework does not have, at the accuracy of a float.</summary>
internal static class VectorMath
{
    /// <summary>The exponential function, relative error about 2e-7; arguments are held within the range of a float.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Exp(Vector<float> x)
    {
        x = Vector.Min(Vector.Max(x, new Vector<float>(-87.3f)), new Vector<float>(88.3f));

        // x = n ln 2 + r with |r| <= ln 2 / 2; ln 2 in two parts keeps r exact. Adding 1.5 * 2^23 rounds n and leaves it in the low bits.
        var magic = new Vector<float>(12582912f);
        Vector<float> shifted = Vector.FusedMultiplyAdd(x, new Vector<float>(1.44269504f), magic);
        Vector<float> n = shifted - magic;
        Vector<float> r = Vector.FusedMultiplyAdd(n, new Vector<float>(-0.693145752f), x);
        r = Vector.FusedMultiplyAdd(n, new Vector<float>(-1.42860677e-6f), r);
        Vector<float> sum = new(1f / 720);
        sum = Vector.FusedMultiplyAdd(sum, r, new Vector<float>(1f / 120));
        sum = Vector.FusedMultiplyAdd(sum, r, new Vector<float>(1f / 24));
        sum = Vector.FusedMultiplyAdd(sum, r, new Vector<float>(1f / 6));
        sum = Vector.FusedMultiplyAdd(sum, r, new Vector<float>(0.5f));
        sum = Vector.FusedMultiplyAdd(sum, r, Vector<float>.One);
        sum = Vector.FusedMultiplyAdd(sum, r, Vector<float>.One);
        Vector<int> exponent = Vector.ShiftLeft(Vector.AsVectorInt32(shifted), 23);
        return Vector.AsVectorSingle(Vector.AsVectorInt32(sum) + exponent);
    }

    /// <summary>
    /// x times the normal distribution function of x: GELU with the error function, after Abramowitz and Stegun 7.1.26, absolute error of the
    /// distribution function below 1.5e-7.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Gelu(Vector<float> x)
    {
        Vector<float> z = Vector.Abs(x) * new Vector<float>(0.707106781f);
        Vector<float> t = Vector<float>.One / Vector.FusedMultiplyAdd(z, new Vector<float>(0.3275911f), Vector<float>.One);
        Vector<float> sum = new(1.061405429f);
        sum = Vector.FusedMultiplyAdd(sum, t, new Vector<float>(-1.453152027f));
        sum = Vector.FusedMultiplyAdd(sum, t, new Vector<float>(1.421413741f));
        sum = Vector.FusedMultiplyAdd(sum, t, new Vector<float>(-0.284496736f));
        sum = Vector.FusedMultiplyAdd(sum, t, new Vector<float>(0.254829592f));
        Vector<float> tail = sum * t * Exp(-z * z) * new Vector<float>(0.5f);
        return x * Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), Vector<float>.One - tail, tail);
    }

    /// <summary>The same in 512 bits: a quarter of a layer's time beside the products was this function's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Gelu(Vector512<float> x)
    {
        Vector512<float> z = Vector512.Abs(x) * Vector512.Create(0.707106781f);
        Vector512<float> t = Vector512<float>.One / Vector512.FusedMultiplyAdd(z, Vector512.Create(0.3275911f), Vector512<float>.One);
        Vector512<float> sum = Vector512.Create(1.061405429f);
        sum = Vector512.FusedMultiplyAdd(sum, t, Vector512.Create(-1.453152027f));
        sum = Vector512.FusedMultiplyAdd(sum, t, Vector512.Create(1.421413741f));
        sum = Vector512.FusedMultiplyAdd(sum, t, Vector512.Create(-0.284496736f));
        sum = Vector512.FusedMultiplyAdd(sum, t, Vector512.Create(0.254829592f));
        Vector512<float> tail = sum * t * ExpOfNegative(-z * z) * Vector512.Create(0.5f);
        return x * Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), Vector512<float>.One - tail, tail);
    }

    /// <summary><see cref="Exp"/> of a number that is not above zero, in 512 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ExpOfNegative(Vector512<float> x)
    {
        x = Vector512.Max(x, Vector512.Create(-87.3f));
        Vector512<float> magic = Vector512.Create(12582912f);
        Vector512<float> shifted = Vector512.FusedMultiplyAdd(x, Vector512.Create(1.44269504f), magic);
        Vector512<float> n = shifted - magic;
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693145752f), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-1.42860677e-6f), r);
        Vector512<float> sum = Vector512.Create(1f / 720);
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(1f / 120));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(1f / 24));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(1f / 6));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(0.5f));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512<float>.One);
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512<float>.One);
        return (sum.AsInt32() + Vector512.ShiftLeft(shifted.AsInt32(), 23)).AsSingle();
    }
}
