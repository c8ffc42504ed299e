using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Afterimage.Vectors.Kernels;

/// <summary>
/// ARM dot product: <c>sdot</c> knows only signed by signed, so the offset of 128 is taken off each row (one exclusive-or) and its share, 128 times
/// the sum of the query, is added back once.
/// </summary>
internal sealed unsafe class ArmDotKernel : DotKernel
{
    public override string Name => "armdot";

    public override void Dots(byte** rows, int count, sbyte* query, int offset, int length, int* sums)
    {
        Vector128<byte> sign = Vector128.Create((byte)0x80);
        Vector128<int> ones = Vector128<int>.Zero;
        for (int j = offset; j < offset + length; j += 16)
        {
            ones = Dp.DotProduct(ones, Vector128.Load(query + j), Vector128.Create((sbyte)1));
        }

        int share = 128 * Vector128.Sum(ones);
        for (int i = 0; i < count; i++)
        {
            byte* row = rows[i];
            Vector128<int> a = Vector128<int>.Zero;
            Vector128<int> b = Vector128<int>.Zero;
            for (int j = offset; j < offset + length; j += 32)
            {
                a = Dp.DotProduct(a, (Vector128.Load(row + j) ^ sign).AsSByte(), Vector128.Load(query + j));
                b = Dp.DotProduct(b, (Vector128.Load(row + j + 16) ^ sign).AsSByte(), Vector128.Load(query + j + 16));
            }

            sums[i] = Vector128.Sum(a + b) + share;
        }
    }
}
