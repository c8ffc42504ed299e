using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Afterimage.Text.BuiltIn;

/// <summary>The one hot loop of the built-in embedder, in integers: the sum is the same at every vector width.</summary>
internal static class WordKernel
{
    /// <summary><c>sum[i] += row[i] * weight</c>. Lengths are equal and divisible by 8.</summary>
    public static void Add(ReadOnlySpan<sbyte> row, int weight, Span<int> sum)
    {
        ref sbyte source = ref MemoryMarshal.GetReference(row);
        ref int target = ref MemoryMarshal.GetReference(sum[..row.Length]);
        Vector256<int> factor = Vector256.Create(weight);
        for (nuint i = 0; i < (nuint)row.Length; i += 8)
        {
            long eight = System.Runtime.CompilerServices.Unsafe.ReadUnaligned<long>(
                ref System.Runtime.CompilerServices.Unsafe.As<sbyte, byte>(ref System.Runtime.CompilerServices.Unsafe.Add(ref source, i)));
            Vector128<short> shorts = Vector128.WidenLower(Vector128.CreateScalarUnsafe(eight).AsSByte());
            Vector256<int> wide = Vector256.Create(Vector128.WidenLower(shorts), Vector128.WidenUpper(shorts));
            Vector256<int> total = Vector256.LoadUnsafe(ref target, i) + (wide * factor);
            total.StoreUnsafe(ref target, i);
        }
    }

    /// <summary>The obvious form of <see cref="Add"/>; the tests hold the fast one against it.</summary>
    public static void AddPlain(ReadOnlySpan<sbyte> row, int weight, Span<int> sum)
    {
        for (int i = 0; i < row.Length; i++)
        {
            sum[i] += row[i] * weight;
        }
    }
}
