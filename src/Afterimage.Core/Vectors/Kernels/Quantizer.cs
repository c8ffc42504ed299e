using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Afterimage.Vectors.Kernels;

/// <summary>
/// Unit vectors as 8-bit codes: rotated (<see cref="Rotation"/>), then each component divided by a step of the row's own and rounded; the scale is such that
/// the code is as long as the vector. So what is lost lies across the vector, not along it: a code that is a little too long would look nearer than it is to
/// all of its near-duplicates, which then all link to a few of these. What is lost is measured, not estimated, so that
/// <c>|cosine - scaleX * scaleQ * dot| &lt;= errorQ * |x| + |q| * errorX</c> holds for every pair (Cauchy-Schwarz).
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
    public RowScale Encode(ReadOnlySpan<float> unit, Span<byte> codes) => Encode(unit, MemoryMarshal.Cast<byte, sbyte>(codes), offset: 128);

    /// <summary>Codes a query: signed bytes.</summary>
    public RowScale EncodeQuery(ReadOnlySpan<float> unit, Span<sbyte> codes) => Encode(unit, codes, offset: 0);

    private RowScale Encode(ReadOnlySpan<float> unit, Span<sbyte> codes, int offset)
    {
        Span<float> rotated = stackalloc float[Length];
        float step = Rotate(unit, rotated);
        (float length, float codedLength, float tail) = Round(rotated, step, codes, offset);
        float scale = codedLength > 0 ? length / codedLength : 0;
        return new RowScale(scale, ErrorOf(rotated, step, scale) * RoundUp, tail * RoundUp);
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

    /// <summary>Writes the codes; returns the norms of the vector, of its code in steps, and of the vector behind the head.</summary>
    private (float Length, float CodedLength, float Tail) Round(Span<float> rotated, float step, Span<sbyte> codes, int offset)
    {
        ref float x = ref MemoryMarshal.GetReference(rotated);
        ref sbyte to = ref MemoryMarshal.GetReference(codes[..Length]);
        Vector256<float> inverse = Vector256.Create(step > 0 ? 1 / step : 0);
        Vector256<int> shift = Vector256.Create(offset);
        Vector256<float> coded = default, norm = default, head = default;
        for (nuint i = 0; i < (nuint)Length; i += 32)
        {
            Vector256<int> a = Round(ref x, i, inverse, ref coded, ref norm) + shift;
            Vector256<int> b = Round(ref x, i + 8, inverse, ref coded, ref norm) + shift;
            Vector256<int> c = Round(ref x, i + 16, inverse, ref coded, ref norm) + shift;
            Vector256<int> d = Round(ref x, i + 24, inverse, ref coded, ref norm) + shift;
            Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d)).StoreUnsafe(ref to, i);
            if (i + 32 == (nuint)HeadLength)
            {
                (head, norm) = (norm, default);
            }
        }

        float tail = Vector256.Sum(norm);
        return (MathF.Sqrt(Vector256.Sum(head) + tail), MathF.Sqrt(Vector256.Sum(coded)), MathF.Sqrt(tail));
    }

    private static Vector256<int> Round(ref float x, nuint i, Vector256<float> inverse, ref Vector256<float> coded, ref Vector256<float> norm)
    {
        Vector256<float> value = Vector256.LoadUnsafe(ref x, i);
        Vector256<float> rounded = Vector256.Round(value * inverse);
        coded += rounded * rounded;
        norm += value * value;
        return Vector256.ConvertToInt32(rounded);
    }

    /// <summary>Norm of what a code of the given scale leaves out.</summary>
    private float ErrorOf(Span<float> rotated, float step, float scale)
    {
        ref float x = ref MemoryMarshal.GetReference(rotated);
        Vector256<float> inverse = Vector256.Create(step > 0 ? 1 / step : 0);
        Vector256<float> scales = Vector256.Create(scale);
        Vector256<float> error = default;
        for (nuint i = 0; i < (nuint)Length; i += 8)
        {
            Vector256<float> value = Vector256.LoadUnsafe(ref x, i);
            Vector256<float> lost = value - (Vector256.Round(value * inverse) * scales);
            error += lost * lost;
        }

        return MathF.Sqrt(Vector256.Sum(error));
    }
}
