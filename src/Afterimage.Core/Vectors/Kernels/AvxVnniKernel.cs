using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Afterimage.Vectors.Kernels;

/// <summary>
/// AVX-VNNI: <c>vpdpbusd</c> multiplies unsigned by signed bytes and adds four products to each 32-bit lane, without saturation. It is why
/// rows are stored unsigned.
/// </summary>
internal sealed unsafe class AvxVnniKernel : DotKernel
{
    public override string Name => "avxvnni";

    public override void Dots(byte** rows, int count, sbyte* query, int offset, int length, int* sums)
    {
        for (int i = 0; i < count; i++)
        {
            byte* row = rows[i] + offset;
            byte* next = i + 1 < count ? rows[i + 1] + offset : row;
            Vector256<int> a = Vector256<int>.Zero;
            Vector256<int> b = Vector256<int>.Zero;
            for (int j = 0; j < length; j += 64)
            {
                Sse.Prefetch0(next + j);
                a = AvxVnni.MultiplyWideningAndAdd(a, Vector256.Load(row + j), Vector256.Load(query + offset + j));
                b = AvxVnni.MultiplyWideningAndAdd(b, Vector256.Load(row + j + 32), Vector256.Load(query + offset + j + 32));
            }

            sums[i] = Vector256.Sum(a + b);
        }
    }
}
