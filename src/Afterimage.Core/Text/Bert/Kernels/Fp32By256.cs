using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>The float product in 256-bit registers: a block is 6 rows x 16 outputs.</summary>
internal readonly unsafe struct Fp32By256 : IRowBlock<Fp32Panel>
{
    private const int HeightMax = 6, BlockWidth = 16;

    public static void Multiply(in Fp32Panel panel, int rows) => RowBlocks.Multiply<Fp32By256, Fp32Panel>(panel, rows, HeightMax, Fp32Panel.Width, BlockWidth);

    public static void Block<TRows>(in Fp32Panel panel, int row, int column)
        where TRows : struct, IRowCount
    {
        Vector256<float> a0 = Vector256.Load(panel.Bias + column), b0 = Vector256.Load(panel.Bias + column + 8);
        Vector256<float> a1 = a0, b1 = b0;
        Vector256<float> a2 = a0, b2 = b0;
        Vector256<float> a3 = a0, b3 = b0;
        Vector256<float> a4 = a0, b4 = b0;
        Vector256<float> a5 = a0, b5 = b0;
        nint stride = panel.InputStride;
        float* upper = panel.Inputs + row * stride;
        float* lower = upper + 3 * stride;
        float* weights = panel.Weights + column;
        for (int step = panel.Steps; step > 0; step--)
        {
            Vector256<float> wa = Vector256.Load(weights), wb = Vector256.Load(weights + 8);
            Vector256<float> input = Vector256.Create(*upper);
            a0 = Vector256.FusedMultiplyAdd(input, wa, a0);
            b0 = Vector256.FusedMultiplyAdd(input, wb, b0);
            if (TRows.Count > 1)
            {
                input = Vector256.Create(upper[stride]);
                a1 = Vector256.FusedMultiplyAdd(input, wa, a1);
                b1 = Vector256.FusedMultiplyAdd(input, wb, b1);
            }

            if (TRows.Count > 2)
            {
                input = Vector256.Create(upper[2 * stride]);
                a2 = Vector256.FusedMultiplyAdd(input, wa, a2);
                b2 = Vector256.FusedMultiplyAdd(input, wb, b2);
            }

            if (TRows.Count > 3)
            {
                input = Vector256.Create(*lower);
                a3 = Vector256.FusedMultiplyAdd(input, wa, a3);
                b3 = Vector256.FusedMultiplyAdd(input, wb, b3);
            }

            if (TRows.Count > 4)
            {
                input = Vector256.Create(lower[stride]);
                a4 = Vector256.FusedMultiplyAdd(input, wa, a4);
                b4 = Vector256.FusedMultiplyAdd(input, wb, b4);
            }

            if (TRows.Count > 5)
            {
                input = Vector256.Create(lower[2 * stride]);
                a5 = Vector256.FusedMultiplyAdd(input, wa, a5);
                b5 = Vector256.FusedMultiplyAdd(input, wb, b5);
            }

            upper++;
            lower++;
            weights += Fp32Panel.Width;
        }

        Store(panel, row, column, a0, b0);
        if (TRows.Count > 1)
        {
            Store(panel, row + 1, column, a1, b1);
        }

        if (TRows.Count > 2)
        {
            Store(panel, row + 2, column, a2, b2);
        }

        if (TRows.Count > 3)
        {
            Store(panel, row + 3, column, a3, b3);
        }

        if (TRows.Count > 4)
        {
            Store(panel, row + 4, column, a4, b4);
        }

        if (TRows.Count > 5)
        {
            Store(panel, row + 5, column, a5, b5);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Fp32Panel panel, int row, int column, Vector256<float> a, Vector256<float> b)
    {
        float* outputs = panel.Outputs + row * panel.OutputStride + column;
        a.Store(outputs);
        b.Store(outputs + 8);
    }
}
