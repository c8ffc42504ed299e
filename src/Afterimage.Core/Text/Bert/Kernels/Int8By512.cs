using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>The 8-bit product with AVX-512 where .NET cannot reach VNNI: weights widened to 16 bits on the way, a block is 8 rows x 16 outputs.</summary>
internal readonly unsafe struct Int8By512 : IRowBlock<Int8Panel>
{
    private const int HeightMax = 8, BlockWidth = 16;

    public static void Multiply(in Int8Panel panel, int rows) => RowBlocks.Multiply<Int8By512, Int8Panel>(panel, rows, HeightMax, Int8Panel.Width, BlockWidth);

    public static void Block<TRows>(in Int8Panel panel, int row, int column)
        where TRows : struct, IRowCount
    {
        Vector512<int> a0 = Vector512<int>.Zero, b0 = a0;
        Vector512<int> a1 = a0, b1 = a0;
        Vector512<int> a2 = a0, b2 = a0;
        Vector512<int> a3 = a0, b3 = a0;
        Vector512<int> a4 = a0, b4 = a0;
        Vector512<int> a5 = a0, b5 = a0;
        Vector512<int> a6 = a0, b6 = a0;
        Vector512<int> a7 = a0, b7 = a0;
        nint stride = panel.CodeStride;
        byte* upper = panel.Codes + row * stride;
        byte* lower = upper + 4 * stride;
        sbyte* weights = panel.Weights + column * Int8Panel.StepInputs;
        for (int step = panel.Steps; step > 0; step--)
        {
            Vector512<short> wa = Avx512BW.ConvertToVector512Int16(Vector256.Load(weights));
            Vector512<short> wb = Avx512BW.ConvertToVector512Int16(Vector256.Load(weights + 32));
            Vector512<short> code = Codes(upper);
            a0 += Avx512BW.MultiplyAddAdjacent(code, wa);
            b0 += Avx512BW.MultiplyAddAdjacent(code, wb);
            if (TRows.Count > 1)
            {
                code = Codes(upper + stride);
                a1 += Avx512BW.MultiplyAddAdjacent(code, wa);
                b1 += Avx512BW.MultiplyAddAdjacent(code, wb);
            }

            if (TRows.Count > 2)
            {
                code = Codes(upper + 2 * stride);
                a2 += Avx512BW.MultiplyAddAdjacent(code, wa);
                b2 += Avx512BW.MultiplyAddAdjacent(code, wb);
            }

            if (TRows.Count > 3)
            {
                code = Codes(upper + 3 * stride);
                a3 += Avx512BW.MultiplyAddAdjacent(code, wa);
                b3 += Avx512BW.MultiplyAddAdjacent(code, wb);
            }

            if (TRows.Count > 4)
            {
                code = Codes(lower);
                a4 += Avx512BW.MultiplyAddAdjacent(code, wa);
                b4 += Avx512BW.MultiplyAddAdjacent(code, wb);
            }

            if (TRows.Count > 5)
            {
                code = Codes(lower + stride);
                a5 += Avx512BW.MultiplyAddAdjacent(code, wa);
                b5 += Avx512BW.MultiplyAddAdjacent(code, wb);
            }

            if (TRows.Count > 6)
            {
                code = Codes(lower + 2 * stride);
                a6 += Avx512BW.MultiplyAddAdjacent(code, wa);
                b6 += Avx512BW.MultiplyAddAdjacent(code, wb);
            }

            if (TRows.Count > 7)
            {
                code = Codes(lower + 3 * stride);
                a7 += Avx512BW.MultiplyAddAdjacent(code, wa);
                b7 += Avx512BW.MultiplyAddAdjacent(code, wb);
            }

            upper += sizeof(short) * Int8Panel.StepInputs;
            lower += sizeof(short) * Int8Panel.StepInputs;
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
    private static Vector512<short> Codes(byte* codes) => Vector512.Create(*(long*)codes).AsInt16();

    /// <summary>Each output has its sum in two neighbouring lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Int8Panel panel, int row, int column, Vector512<int> a, Vector512<int> b)
    {
        Vector512<int> sum = Even(a, b) + Odd(a, b);
        Vector512<float> scale = Vector512.Create(panel.RowScales[row]) * Vector512.Load(panel.OutputScales + column);
        Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(sum), scale, Vector512.Load(panel.Bias + column))
            .Store(panel.Outputs + row * panel.OutputStride + column);
    }

    private static Vector512<int> Even(Vector512<int> a, Vector512<int> b) =>
        Avx512F.PermuteVar16x32x2(a, Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30), b);

    private static Vector512<int> Odd(Vector512<int> a, Vector512<int> b) =>
        Avx512F.PermuteVar16x32x2(a, Vector512.Create(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31), b);
}
