using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Afterimage.Vectors.Kernels;

/// <summary>
/// AVX2: both sides widened to 16 bits, then multiply-add of pairs. The shorter way over <c>vpmaddubsw</c> saturates
/// (2 x 255 x 127 does not fit int16) and would be wrong.
/// </summary>
internal sealed unsafe class Avx2Kernel : DotKernel
{
    public override string Name => "avx2";

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
                a = Avx2.Add(a, Products(row + j, query + offset + j));
                b = Avx2.Add(b, Products(row + j + 16, query + offset + j + 16));
                a = Avx2.Add(a, Products(row + j + 32, query + offset + j + 32));
                b = Avx2.Add(b, Products(row + j + 48, query + offset + j + 48));
            }

            sums[i] = Vector256.Sum(Avx2.Add(a, b));
        }
    }

    private static Vector256<int> Products(byte* row, sbyte* query) =>
        Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(row), Avx2.ConvertToVector256Int16(query));
}
