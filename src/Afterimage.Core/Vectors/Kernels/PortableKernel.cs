using System.Runtime.Intrinsics;

namespace Afterimage.Vectors.Kernels;

/// <summary>128-bit vectors by the runtime's portable operations: any processor with SIMD.</summary>
internal sealed unsafe class PortableKernel : DotKernel
{
    public override string Name => "portable";

    public override void Dots(byte** rows, int count, sbyte* query, int offset, int length, int* sums)
    {
        for (int i = 0; i < count; i++)
        {
            sums[i] = Dot(rows[i] + offset, query + offset, length);
        }
    }

    private static int Dot(byte* row, sbyte* query, int length)
    {
        Vector128<int> sum = Vector128<int>.Zero;
        for (int j = 0; j < length; j += 16)
        {
            (Vector128<ushort> rowLow, Vector128<ushort> rowHigh) = Vector128.Widen(Vector128.Load(row + j));
            (Vector128<short> queryLow, Vector128<short> queryHigh) = Vector128.Widen(Vector128.Load(query + j));
            (Vector128<int> a, Vector128<int> b) = Product(rowLow.AsInt16(), queryLow);
            (Vector128<int> c, Vector128<int> d) = Product(rowHigh.AsInt16(), queryHigh);
            sum += a + b + (c + d);
        }

        return Vector128.Sum(sum);
    }

    // 255 x 127 = 32,385 fits int16, so the narrow product is exact.
    private static (Vector128<int> Low, Vector128<int> High) Product(Vector128<short> x, Vector128<short> y) => Vector128.Widen(x * y);
}
