using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Afterimage.Vectors.Kernels;

/// <summary>AVX-512BW: as <see cref="Avx2Kernel"/> with registers of 512 bits.</summary>
internal sealed unsafe class Avx512Kernel : DotKernel
{
    public override string Name => "avx512";

    public override void Dots(byte** rows, int count, sbyte* query, int offset, int length, int* sums)
    {
        for (int i = 0; i < count; i++)
        {
            byte* row = rows[i] + offset;
            byte* next = i + 1 < count ? rows[i + 1] + offset : row;
            Vector512<int> a = Vector512<int>.Zero;
            Vector512<int> b = Vector512<int>.Zero;
            for (int j = 0; j < length; j += 64)
            {
                Sse.Prefetch0(next + j);
                a = Avx512F.Add(a, Products(row + j, query + offset + j));
                b = Avx512F.Add(b, Products(row + j + 32, query + offset + j + 32));
            }

            sums[i] = Vector512.Sum(Avx512F.Add(a, b));
        }
    }

    private static Vector512<int> Products(byte* row, sbyte* query) => Avx512BW.MultiplyAddAdjacent(
        Avx512BW.ConvertToVector512Int16(Vector256.Load(row)), Avx512BW.ConvertToVector512Int16(Vector256.Load(query)));
}
