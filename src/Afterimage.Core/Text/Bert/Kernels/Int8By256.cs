using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>The 8-bit product with AVX2: weights widened to 16 bits on the way, a block is 6 rows x 8 outputs.</summary>
internal readonly unsafe struct Int8By256 : IRowBlock<Int8Panel>
{
    private const int HeightMax = 6, BlockWidth = 8;

    public static void Multiply(in Int8Panel panel, int rows) => RowBlocks.Multiply<Int8By256, Int8Panel>(panel, rows, HeightMax, Int8Panel.Width, BlockWidth);

    public static void Block<TRows>(in Int8Panel panel, int row, int column)
        where TRows : struct, IRowCount
    {
        Vector256<int> a0 = Vector256<int>.Zero, b0 = a0;
        Vector256<int> a1 = a0, b1 = a0;
        Vector256<int> a2 = a0, b2 = a0;
        Vector256<int> a3 = a0, b3 = a0;
        Vector256<int> a4 = a0, b4 = a0;
        Vector256<int> a5 = a0, b5 = a0;
        nint stride = panel.CodeStride;
        byte* upper = panel.Codes + row * stride;
        byte* lower = upper + 3 * stride;
        sbyte* weights = panel.Weights + column * Int8Panel.StepInputs;
        for (int step = panel.Steps; step > 0; step--)
        {
            Vector256<short> wa = Avx2.ConvertToVector256Int16(Vector128.Load(weights));
            Vector256<short> wb = Avx2.ConvertToVector256Int16(Vector128.Load(weights + 16));
            Vector256<short> code = Codes(upper);
            a0 += Avx2.MultiplyAddAdjacent(code, wa);
            b0 += Avx2.MultiplyAddAdjacent(code, wb);
            if (TRows.Count > 1)
            {
                code = Codes(upper + stride);
                a1 += Avx2.MultiplyAddAdjacent(code, wa);
                b1 += Avx2.MultiplyAddAdjacent(code, wb);
            }

            if (TRows.Count > 2)
            {
                code = Codes(upper + 2 * stride);
                a2 += Avx2.MultiplyAddAdjacent(code, wa);
                b2 += Avx2.MultiplyAddAdjacent(code, wb);
            }

            if (TRows.Count > 3)
            {
                code = Codes(lower);
                a3 += Avx2.MultiplyAddAdjacent(code, wa);
                b3 += Avx2.MultiplyAddAdjacent(code, wb);
            }

            if (TRows.Count > 4)
            {
                code = Codes(lower + stride);
                a4 += Avx2.MultiplyAddAdjacent(code, wa);
                b4 += Avx2.MultiplyAddAdjacent(code, wb);
            }

            if (TRows.Count > 5)
            {
                code = Codes(lower + 2 * stride);
                a5 += Avx2.MultiplyAddAdjacent(code, wa);
                b5 += Avx2.MultiplyAddAdjacent(code, wb);
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
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Codes(byte* codes) => Vector256.Create(*(long*)codes).AsInt16();

    /// <summary>Each output has its sum in two neighbouring lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Int8Panel panel, int row, int column, Vector256<int> a, Vector256<int> b)
    {
        Vector256<int> sum = Even(a, b) + Odd(a, b);
        Vector256<float> scale = Vector256.Create(panel.RowScales[row]) * Vector256.Load(panel.OutputScales + column);
        Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(sum), scale, Vector256.Load(panel.Bias + column))
            .Store(panel.Outputs + row * panel.OutputStride + column);
    }

    // Shuffling works within halves, which leaves the middle quarters exchanged; the last permutation puts them right.
    private static Vector256<int> Even(Vector256<int> a, Vector256<int> b) =>
        Avx2.Permute4x64(Avx.Shuffle(a.AsSingle(), b.AsSingle(), 0b10_00_10_00).AsInt64(), 0b11_01_10_00).AsInt32();

    private static Vector256<int> Odd(Vector256<int> a, Vector256<int> b) =>
        Avx2.Permute4x64(Avx.Shuffle(a.AsSingle(), b.AsSingle(), 0b11_01_11_01).AsInt64(), 0b11_01_10_00).AsInt32();
}
