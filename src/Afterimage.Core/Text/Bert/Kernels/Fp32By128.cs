using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>The float product in 128-bit registers, of which Arm has 32: a block is 8 rows x 8 outputs.</summary>
internal readonly unsafe struct Fp32By128 : IRowBlock<Fp32Panel>
{
    private const int HeightMax = 8, BlockWidth = 8;

    public static void Multiply(in Fp32Panel panel, int rows) => RowBlocks.Multiply<Fp32By128, Fp32Panel>(panel, rows, HeightMax, Fp32Panel.Width, BlockWidth);

    public static void Block<TRows>(in Fp32Panel panel, int row, int column)
        where TRows : struct, IRowCount
    {
        Vector128<float> a0 = Vector128.Load(panel.Bias + column), b0 = Vector128.Load(panel.Bias + column + 4);
        Vector128<float> a1 = a0, b1 = b0;
        Vector128<float> a2 = a0, b2 = b0;
        Vector128<float> a3 = a0, b3 = b0;
        Vector128<float> a4 = a0, b4 = b0;
        Vector128<float> a5 = a0, b5 = b0;
        Vector128<float> a6 = a0, b6 = b0;
        Vector128<float> a7 = a0, b7 = b0;
        nint stride = panel.InputStride;
        float* upper = panel.Inputs + row * stride;
        float* lower = upper + 4 * stride;
        float* weights = panel.Weights + column;
        for (int step = panel.Steps; step > 0; step--)
        {
            Vector128<float> wa = Vector128.Load(weights), wb = Vector128.Load(weights + 4);
            Vector128<float> input = Vector128.Create(*upper);
            a0 = Vector128.FusedMultiplyAdd(input, wa, a0);
            b0 = Vector128.FusedMultiplyAdd(input, wb, b0);
            if (TRows.Count > 1)
            {
                input = Vector128.Create(upper[stride]);
                a1 = Vector128.FusedMultiplyAdd(input, wa, a1);
                b1 = Vector128.FusedMultiplyAdd(input, wb, b1);
            }

            if (TRows.Count > 2)
            {
                input = Vector128.Create(upper[2 * stride]);
                a2 = Vector128.FusedMultiplyAdd(input, wa, a2);
                b2 = Vector128.FusedMultiplyAdd(input, wb, b2);
            }

            if (TRows.Count > 3)
            {
                input = Vector128.Create(upper[3 * stride]);
                a3 = Vector128.FusedMultiplyAdd(input, wa, a3);
                b3 = Vector128.FusedMultiplyAdd(input, wb, b3);
            }

            if (TRows.Count > 4)
            {
                input = Vector128.Create(*lower);
                a4 = Vector128.FusedMultiplyAdd(input, wa, a4);
                b4 = Vector128.FusedMultiplyAdd(input, wb, b4);
            }

            if (TRows.Count > 5)
            {
                input = Vector128.Create(lower[stride]);
                a5 = Vector128.FusedMultiplyAdd(input, wa, a5);
                b5 = Vector128.FusedMultiplyAdd(input, wb, b5);
            }

            if (TRows.Count > 6)
            {
                input = Vector128.Create(lower[2 * stride]);
                a6 = Vector128.FusedMultiplyAdd(input, wa, a6);
                b6 = Vector128.FusedMultiplyAdd(input, wb, b6);
            }

            if (TRows.Count > 7)
            {
                input = Vector128.Create(lower[3 * stride]);
                a7 = Vector128.FusedMultiplyAdd(input, wa, a7);
                b7 = Vector128.FusedMultiplyAdd(input, wb, b7);
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

        if (TRows.Count > 6)
        {
            Store(panel, row + 6, column, a6, b6);
        }

        if (TRows.Count > 7)
        {
            Store(panel, row + 7, column, a7, b7);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Fp32Panel panel, int row, int column, Vector128<float> a, Vector128<float> b)
    {
        float* outputs = panel.Outputs + row * panel.OutputStride + column;
        a.Store(outputs);
        b.Store(outputs + 4);
    }
}
