using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>The 8-bit product with Arm's dot-product instructions: a block is 6 rows x 8 outputs of the panel.</summary>
internal readonly unsafe struct Int8ByDotProduct : IRowBlock<Int8Panel>
{
    private const int HeightMax = 6, BlockWidth = 8;

    public static void Multiply(in Int8Panel panel, int rows) => RowBlocks.Multiply<Int8ByDotProduct, Int8Panel>(panel, rows, HeightMax, Int8Panel.Width, BlockWidth);

    public static void Block<TRows>(in Int8Panel panel, int row, int column)
        where TRows : struct, IRowCount
    {
        Vector128<int> a0 = Vector128<int>.Zero, b0 = a0;
        Vector128<int> a1 = a0, b1 = a0;
        Vector128<int> a2 = a0, b2 = a0;
        Vector128<int> a3 = a0, b3 = a0;
        Vector128<int> a4 = a0, b4 = a0;
        Vector128<int> a5 = a0, b5 = a0;
        nint stride = panel.CodeStride;
        byte* upper = panel.Codes + row * stride;
        byte* lower = upper + 3 * stride;
        sbyte* weights = panel.Weights + column * Int8Panel.StepInputs;
        for (int step = panel.Steps; step > 0; step--)
        {
            Vector128<sbyte> wa = Vector128.Load(weights), wb = Vector128.Load(weights + 16);
            Vector128<sbyte> code = Codes(upper);
            a0 = Dot(a0, code, wa);
            b0 = Dot(b0, code, wb);
            if (TRows.Count > 1)
            {
                code = Codes(upper + stride);
                a1 = Dot(a1, code, wa);
                b1 = Dot(b1, code, wb);
            }

            if (TRows.Count > 2)
            {
                code = Codes(upper + 2 * stride);
                a2 = Dot(a2, code, wa);
                b2 = Dot(b2, code, wb);
            }

            if (TRows.Count > 3)
            {
                code = Codes(lower);
                a3 = Dot(a3, code, wa);
                b3 = Dot(b3, code, wb);
            }

            if (TRows.Count > 4)
            {
                code = Codes(lower + stride);
                a4 = Dot(a4, code, wa);
                b4 = Dot(b4, code, wb);
            }

            if (TRows.Count > 5)
            {
                code = Codes(lower + 2 * stride);
                a5 = Dot(a5, code, wa);
                b5 = Dot(b5, code, wb);
            }

            upper += Int8Panel.StepInputs;
            lower += Int8Panel.StepInputs;
            weights += Int8Panel.Width * Int8Panel.StepInputs;
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

    /// <summary>
    /// The instruction: to each of the four sums, four products of neighbours. Elsewhere than on Arm what it means, so that the rest is tested on every machine.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Dot(Vector128<int> sums, Vector128<sbyte> a, Vector128<sbyte> b) =>
        Dp.IsSupported ? Dp.DotProduct(sums, a, b) : sums + Vector128.Create(FourProducts(a, b, 0), FourProducts(a, b, 4), FourProducts(a, b, 8), FourProducts(a, b, 12));

    private static int FourProducts(Vector128<sbyte> a, Vector128<sbyte> b, int first) =>
        a[first] * b[first] + a[first + 1] * b[first + 1] + a[first + 2] * b[first + 2] + a[first + 3] * b[first + 3];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Codes(byte* codes) => Vector128.Create(*(int*)codes).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Int8Panel panel, int row, int column, Vector128<int> a, Vector128<int> b)
    {
        Vector128<float> scale = Vector128.Create(panel.RowScales[row]);
        float* scales = panel.OutputScales + column, bias = panel.Bias + column, outputs = panel.Outputs + row * panel.OutputStride + column;
        Vector128.FusedMultiplyAdd(Vector128.ConvertToSingle(a), scale * Vector128.Load(scales), Vector128.Load(bias)).Store(outputs);
        Vector128.FusedMultiplyAdd(Vector128.ConvertToSingle(b), scale * Vector128.Load(scales + 4), Vector128.Load(bias + 4)).Store(outputs + 4);
    }
}
