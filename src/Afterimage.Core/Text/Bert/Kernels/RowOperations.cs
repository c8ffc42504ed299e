using System.Numerics;
using System.Runtime.Intrinsics;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>What is done to one token's row between the matrix products. Vectors as wide as the machine's; the rest of a row one by one.</summary>
internal static unsafe class RowOperations
{
    /// <summary>x := x + y.</summary>
    public static void Add(float* x, float* y, int count)
    {
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            (Vector.Load(x + i) + Vector.Load(y + i)).Store(x + i);
        }

        for (; i < count; i++)
        {
            x[i] += y[i];
        }
    }

    /// <summary>Layer norm in place.</summary>
    public static void Normalize(float* x, float* gain, float* bias, int count, float epsilon)
    {
        float mean = Sum(x, 0, count, square: false) / count;
        float scale = 1 / MathF.Sqrt(Sum(x, mean, count, square: true) / count + epsilon);
        int i = 0;
        var means = new Vector<float>(mean);
        var scales = new Vector<float>(scale);
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.FusedMultiplyAdd((Vector.Load(x + i) - means) * scales, Vector.Load(gain + i), Vector.Load(bias + i)).Store(x + i);
        }

        for (; i < count; i++)
        {
            x[i] = (x[i] - mean) * scale * gain[i] + bias[i];
        }
    }

    /// <summary>GELU in place; <paramref name="x"/> has room for whole vectors.</summary>
    public static void Gelu(float* x, int count)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            for (int i = 0; i < count; i += Vector512<float>.Count)
            {
                VectorMath.Gelu(Vector512.Load(x + i)).Store(x + i);
            }

            return;
        }

        for (int i = 0; i < count; i += Vector<float>.Count)
        {
            VectorMath.Gelu(Vector.Load(x + i)).Store(x + i);
        }
    }

    /// <summary>
    /// Rounds a row to codes of -127 to 127 and returns the scale that turns codes back: the largest absolute value becomes 127.
    /// </summary>
    public static float Quantize(float* x, int count, byte* codes, CodeFormat format)
    {
        float largest = Largest(x, count);
        float inverse = largest > 0 ? 127 / largest : 0;

        // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
        const float magic = 12582912f;
        switch (format)
        {
            case CodeFormat.Signed16:
                RoundToShorts(x, count, (short*)codes, inverse);
                break;
            default:
                RoundToBytes(x, count, codes, inverse, format == CodeFormat.Unsigned8 ? magic + 128 : magic);
                break;
        }

        return largest / 127;
    }

    /// <summary>Divides by the root of the sum of squares, or by 1e-12 if that is larger.</summary>
    public static void ToUnitLength(Span<float> x)
    {
        double sum = 0;
        foreach (float value in x)
        {
            sum += (double)value * value;
        }

        float scale = (float)(1 / Math.Max(Math.Sqrt(sum), 1e-12));
        foreach (ref float value in x)
        {
            value *= scale;
        }
    }

    private static float Sum(float* x, float mean, int count, bool square)
    {
        Vector<float> sums = Vector<float>.Zero, more = Vector<float>.Zero;
        var means = new Vector<float>(mean);
        int i = 0;
        for (; i <= count - 2 * Vector<float>.Count; i += 2 * Vector<float>.Count)
        {
            Vector<float> a = Vector.Load(x + i) - means, b = Vector.Load(x + i + Vector<float>.Count) - means;
            sums = square ? Vector.FusedMultiplyAdd(a, a, sums) : sums + a;
            more = square ? Vector.FusedMultiplyAdd(b, b, more) : more + b;
        }

        float sum = Vector.Sum(sums + more);
        for (; i < count; i++)
        {
            float value = x[i] - mean;
            sum += square ? value * value : value;
        }

        return sum;
    }

    private static float Largest(float* x, int count)
    {
        Vector<float> largest = Vector<float>.Zero;
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            largest = Vector.Max(largest, Vector.Abs(Vector.Load(x + i)));
        }

        float max = 0;
        for (int lane = 0; lane < Vector<float>.Count; lane++)
        {
            max = MathF.Max(max, largest[lane]);
        }

        for (; i < count; i++)
        {
            max = MathF.Max(max, MathF.Abs(x[i]));
        }

        return max;
    }

    private static void RoundToBytes(float* x, int count, byte* codes, float inverse, float magic)
    {
        var inverses = new Vector<float>(inverse);
        var magics = new Vector<float>(magic);
        var low = new Vector<uint>(0xFF);
        int width = Vector<float>.Count, i = 0;
        for (; i <= count - 4 * width; i += 4 * width)
        {
            Vector<uint> a = Vector.AsVectorUInt32(Vector.FusedMultiplyAdd(Vector.Load(x + i), inverses, magics)) & low;
            Vector<uint> b = Vector.AsVectorUInt32(Vector.FusedMultiplyAdd(Vector.Load(x + i + width), inverses, magics)) & low;
            Vector<uint> c = Vector.AsVectorUInt32(Vector.FusedMultiplyAdd(Vector.Load(x + i + 2 * width), inverses, magics)) & low;
            Vector<uint> d = Vector.AsVectorUInt32(Vector.FusedMultiplyAdd(Vector.Load(x + i + 3 * width), inverses, magics)) & low;
            Vector.Narrow(Vector.Narrow(a, b), Vector.Narrow(c, d)).Store(codes + i);
        }

        for (; i < count; i++)
        {
            codes[i] = (byte)BitConverter.SingleToInt32Bits(MathF.FusedMultiplyAdd(x[i], inverse, magic));
        }
    }

    private static void RoundToShorts(float* x, int count, short* codes, float inverse)
    {
        const float magic = 12582912f;
        for (int i = 0; i < count; i++)
        {
            codes[i] = (sbyte)BitConverter.SingleToInt32Bits(MathF.FusedMultiplyAdd(x[i], inverse, magic));
        }
    }
}
