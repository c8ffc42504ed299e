using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>
/// The 8-bit product with AVX-VNNI: 32 products an instruction, two instructions a cycle. A block is 6 rows x 16 outputs: 12 sums, 2 weights and
/// 1 broadcast code fill the 16 registers, and each weight that is loaded serves six rows.
/// </summary>
internal static unsafe class VnniInt8
{
    private const int PanelStep = Int8Panel.Width * Int8Panel.StepInputs;

    public static bool IsSupported => AvxVnni.IsSupported;

    /// <summary>Rows in blocks of nearly equal height, at most 6.</summary>
    public static void Multiply(in Int8Panel panel, int rows)
    {
        int blocks = (rows + 5) / 6;

        // While this panel is multiplied, block by block, the next one is fetched at an even pace into the second-level cache.
        nint pace = Math.Max(1, PanelStep / blocks);
        sbyte* ahead = panel.Weights + (nint)panel.Steps * PanelStep;
        for (int row = 0; blocks > 0; blocks--, ahead += panel.Steps * pace)
        {
            int height = (rows - row + blocks - 1) / blocks;
            switch (height)
            {
                case 6:
                    Block<Rows6>(panel, row, ahead, pace);
                    break;
                case 5:
                    Block<Rows5>(panel, row, ahead, pace);
                    break;
                case 4:
                    Block<Rows4>(panel, row, ahead, pace);
                    break;
                case 3:
                    Block<Rows3>(panel, row, ahead, pace);
                    break;
                case 2:
                    Block<Rows2>(panel, row, ahead, pace);
                    break;
                default:
                    Block<Rows1>(panel, row, ahead, pace);
                    break;
            }

            row += height;
        }
    }

    private static void Block<TRows>(in Int8Panel panel, int row, sbyte* ahead, nint pace)
        where TRows : struct, IRowCount
    {
        Vector256<int> a0 = Vector256.Load(panel.Corrections), b0 = Vector256.Load(panel.Corrections + 8);
        Vector256<int> a1 = a0, b1 = b0;
        Vector256<int> a2 = a0, b2 = b0;
        Vector256<int> a3 = a0, b3 = b0;
        Vector256<int> a4 = a0, b4 = b0;
        Vector256<int> a5 = a0, b5 = b0;
        nint stride = panel.CodeStride;
        byte* upper = panel.Codes + row * stride;
        byte* lower = upper + 3 * stride;
        sbyte* weights = panel.Weights;
        for (int step = panel.Steps; step > 0; step--)
        {
            Vector256<sbyte> wa = Vector256.Load(weights), wb = Vector256.Load(weights + 32);
            Vector256<byte> code = Codes(upper);
            a0 = AvxVnni.MultiplyWideningAndAdd(a0, code, wa);
            b0 = AvxVnni.MultiplyWideningAndAdd(b0, code, wb);
            if (TRows.Count > 1)
            {
                code = Codes(upper + stride);
                a1 = AvxVnni.MultiplyWideningAndAdd(a1, code, wa);
                b1 = AvxVnni.MultiplyWideningAndAdd(b1, code, wb);
            }

            if (TRows.Count > 2)
            {
                code = Codes(upper + 2 * stride);
                a2 = AvxVnni.MultiplyWideningAndAdd(a2, code, wa);
                b2 = AvxVnni.MultiplyWideningAndAdd(b2, code, wb);
            }

            if (TRows.Count > 3)
            {
                code = Codes(lower);
                a3 = AvxVnni.MultiplyWideningAndAdd(a3, code, wa);
                b3 = AvxVnni.MultiplyWideningAndAdd(b3, code, wb);
            }

            if (TRows.Count > 4)
            {
                code = Codes(lower + stride);
                a4 = AvxVnni.MultiplyWideningAndAdd(a4, code, wa);
                b4 = AvxVnni.MultiplyWideningAndAdd(b4, code, wb);
            }

            if (TRows.Count > 5)
            {
                code = Codes(lower + 2 * stride);
                a5 = AvxVnni.MultiplyWideningAndAdd(a5, code, wa);
                b5 = AvxVnni.MultiplyWideningAndAdd(b5, code, wb);
            }

            upper += Int8Panel.StepInputs;
            lower += Int8Panel.StepInputs;
            weights += PanelStep;
            Sse.Prefetch1(ahead);
            ahead += pace;
        }

        Store(panel, row, a0, b0);
        if (TRows.Count > 1)
        {
            Store(panel, row + 1, a1, b1);
        }

        if (TRows.Count > 2)
        {
            Store(panel, row + 2, a2, b2);
        }

        if (TRows.Count > 3)
        {
            Store(panel, row + 3, a3, b3);
        }

        if (TRows.Count > 4)
        {
            Store(panel, row + 4, a4, b4);
        }

        if (TRows.Count > 5)
        {
            Store(panel, row + 5, a5, b5);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Codes(byte* codes) => Vector256.Create(*(int*)codes).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Int8Panel panel, int row, Vector256<int> a, Vector256<int> b)
    {
        Vector256<float> scale = Vector256.Create(panel.RowScales[row]);
        float* outputs = panel.Outputs + row * panel.OutputStride;
        Vector256<float> scaleA = scale * Vector256.Load(panel.OutputScales), scaleB = scale * Vector256.Load(panel.OutputScales + 8);
        Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(a), scaleA, Vector256.Load(panel.Bias)).Store(outputs);
        Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(b), scaleB, Vector256.Load(panel.Bias + 8)).Store(outputs + 8);
    }
}
