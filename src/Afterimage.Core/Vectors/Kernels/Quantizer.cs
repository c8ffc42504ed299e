using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Afterimage.Vectors.Kernels;

/// <summary>
/// Unit vectors as 8-bit codes: rotated (<see cref="Rotation"/>), then each component divided by a scale of the row's own and rounded. What is lost is
/// measured, not estimated, so that <c>|cosine - scaleX * scaleQ * dot| &lt;= errorQ * |x| + |q| * errorX</c> holds for every pair (Cauchy-Schwarz).
/// </summary>
internal sealed class Quantizer
{
    /// <summary>Covers float32 rounding in rotation, norms and dot products: sums run in at least eight lanes, so 4096 / 8 x 2^-24 bounds each.</summary>
    public const float Slack = 4e-5f;

    // Norms are rounded up by this much so that float32 summation cannot make a bound too small.
    private const float RoundUp = 1 + 1e-4f;

    private readonly Rotation _rotation;

    public Quantizer(int dimensions)
    {
        Dimensions = dimensions;
        Length = (dimensions + DotKernel.Step - 1) / DotKernel.Step * DotKernel.Step;
        HeadLength = Math.Max(DotKernel.Step, Length * 3 / 8 / DotKernel.Step * DotKernel.Step);
        _rotation = new Rotation(Length);
    }

    public int Dimensions { get; }

    /// <summary>Bytes of one row of codes: the dimensions, padded to the kernels' step.</summary>
    public int Length { get; }

    /// <summary>Bytes at the start of a row after which a scan may give a row up.</summary>
    public int HeadLength { get; }

    /// <summary>Codes a stored row: bytes of code + 128.</summary>
    public RowScale Encode(ReadOnlySpan<float> unit, Span<byte> codes)
    {
        Span<float> rotated = stackalloc float[Length];
        float scale = Rotate(unit, rotated);
        (float error, float tail) = Round(rotated, scale, MemoryMarshal.Cast<byte, sbyte>(codes), offset: 128);
        return new RowScale(scale, error * RoundUp, tail * RoundUp);
    }

    /// <summary>Codes a query: signed bytes.</summary>
    public RowScale EncodeQuery(ReadOnlySpan<float> unit, Span<sbyte> codes)
    {
        Span<float> rotated = stackalloc float[Length];
        float scale = Rotate(unit, rotated);
        (float error, float tail) = Round(rotated, scale, codes, offset: 0);
        return new RowScale(scale, error * RoundUp, tail * RoundUp);
    }

    private float Rotate(ReadOnlySpan<float> unit, Span<float> rotated)
    {
        unit.CopyTo(rotated);
        rotated[Dimensions..].Clear();
        _rotation.Apply(rotated);
        ref float x = ref MemoryMarshal.GetReference(rotated);
        Vector256<float> max = default;
        for (nuint i = 0; i < (nuint)Length; i += 8)
        {
            max = Vector256.Max(max, Vector256.Abs(Vector256.LoadUnsafe(ref x, i)));
        }

        float largest = 0;
        for (int lane = 0; lane < 8; lane++)
        {
            largest = Math.Max(largest, max[lane]);
        }

        return largest / 127;
    }

    private (float Error, float Tail) Round(Span<float> rotated, float scale, Span<sbyte> codes, int offset)
    {
        ref float x = ref MemoryMarshal.GetReference(rotated);
        ref sbyte to = ref MemoryMarshal.GetReference(codes[..Length]);
        Vector256<float> inverse = Vector256.Create(scale > 0 ? 1 / scale : 0);
        Vector256<float> step = Vector256.Create(scale);
        Vector256<int> shift = Vector256.Create(offset);
        Vector256<float> error = default, tail = default;
        for (nuint i = 0; i < (nuint)Length; i += 32)
        {
            Vector256<int> a = Round(ref x, i, inverse, step, ref error, ref tail) + shift;
            Vector256<int> b = Round(ref x, i + 8, inverse, step, ref error, ref tail) + shift;
            Vector256<int> c = Round(ref x, i + 16, inverse, step, ref error, ref tail) + shift;
            Vector256<int> d = Round(ref x, i + 24, inverse, step, ref error, ref tail) + shift;
            Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d)).StoreUnsafe(ref to, i);
            tail = i + 32 == (nuint)HeadLength ? default : tail;
        }

        return (MathF.Sqrt(Vector256.Sum(error)), MathF.Sqrt(Vector256.Sum(tail)));
    }

    private static Vector256<int> Round(
        ref float x, nuint i, Vector256<float> inverse, Vector256<float> step, ref Vector256<float> error, ref Vector256<float> norm)
    {
        Vector256<float> value = Vector256.LoadUnsafe(ref x, i);
        Vector256<float> rounded = Vector256.Round(value * inverse);
        Vector256<float> lost = value - (rounded * step);
        error += lost * lost;
        norm += value * value;
        return Vector256.ConvertToInt32(rounded);
    }
}
