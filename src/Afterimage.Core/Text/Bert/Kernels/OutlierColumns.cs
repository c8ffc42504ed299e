using System.Numerics;
using System.Runtime.Intrinsics;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>
/// The few inputs of a layer that vary many times as much as the others, as trained models have some (LLM.int8(), arXiv 2208.07339). They are left out of the
/// 8-bit product, where they would set the scale for all, and multiplied in floats.
/// </summary>
internal static unsafe class OutlierColumns
{
    /// <summary>Per layer. More would cost time, and cannot stand out so far.</summary>
    public const int Max = 8;

    /// <summary>
    /// A column is an outlier when its variance is this many times the average of the remaining ones. Below, the <see cref="Rotation"/> spreads it thinly enough.
    /// </summary>
    private const double VarianceRatio = 16;

    /// <summary>The columns that stand out, at most <see cref="Max"/>.</summary>
    /// <param name="variances">One per input.</param>
    public static int[] Find(double[] variances)
    {
        int[] largest = [.. Enumerable.Range(0, variances.Length).OrderByDescending(i => variances[i]).Take(Math.Min(Max, variances.Length - 1))];
        double rest = variances.Sum();
        int count = 0;
        while (count < largest.Length)
        {
            double variance = variances[largest[count]];
            rest -= variance;
            if (variance <= VarianceRatio * rest / (variances.Length - count - 1))
            {
                break;
            }

            count++;
        }

        return largest[..count];
    }

    /// <summary>Adds the product of some rows' outliers with a panel's weights to the panel's outputs.</summary>
    /// <param name="values">Per row <see cref="Max"/> floats, of which <paramref name="count"/> are set.</param>
    /// <param name="weights">For each outlier <see cref="Int8Panel.Width"/> floats.</param>
    public static void Multiply(float* values, int count, float* weights, int rows, float* outputs, nint outputStride)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            MultiplyBy512(values, count, weights, rows, outputs, outputStride);
            return;
        }

        for (int row = 0; row < rows; row++, values += Max, outputs += outputStride)
        {
            for (int o = 0; o < Int8Panel.Width; o += Vector<float>.Count)
            {
                Vector<float> sum = Vector.Load(outputs + o);
                for (int i = 0; i < count; i++)
                {
                    sum = Vector.FusedMultiplyAdd(new Vector<float>(values[i]), Vector.Load(weights + i * Int8Panel.Width + o), sum);
                }

                sum.Store(outputs + o);
            }
        }
    }

    /// <summary>The same sums in the same order, a panel in one register.</summary>
    private static void MultiplyBy512(float* values, int count, float* weights, int rows, float* outputs, nint outputStride)
    {
        for (int row = 0; row < rows; row++, values += Max, outputs += outputStride)
        {
            Vector512<float> sum = Vector512.Load(outputs);
            for (int i = 0; i < count; i++)
            {
                sum = Vector512.FusedMultiplyAdd(Vector512.Create(values[i]), Vector512.Load(weights + i * Int8Panel.Width), sum);
            }

            sum.Store(outputs);
        }
    }
}
