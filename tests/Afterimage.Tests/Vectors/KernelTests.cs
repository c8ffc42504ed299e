using Afterimage.Vectors.Kernels;
using Xunit;

namespace Afterimage.Tests.Vectors;

public sealed unsafe class KernelTests
{
    public static TheoryData<string> Kernels => [.. DotKernel.Available().Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Every_kernel_gives_the_sums_of_the_scalar_one(string name)
    {
        DotKernel kernel = DotKernel.Choose(name);
        Assert.Equal(name, kernel.Name);
        var random = new Random(1);
        foreach (int length in new[] { 64, 128, 192, 320, 768, 4096 })
        {
            byte[] rows = GC.AllocateArray<byte>(7 * length, pinned: true);
            sbyte[] query = GC.AllocateArray<sbyte>(length, pinned: true);
            random.NextBytes(rows);
            random.NextBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(query.AsSpan()));
            Assert.Equal(Sums(new ScalarKernel(), rows, query, 0, length), Sums(kernel, rows, query, 0, length));
            Assert.Equal(Sums(new ScalarKernel(), rows, query, length / 128 * 64, 64), Sums(kernel, rows, query, length / 128 * 64, 64));
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_largest_sums_do_not_overflow_or_saturate(string name)
    {
        byte[] rows = GC.AllocateArray<byte>(7 * 4096, pinned: true);
        sbyte[] query = GC.AllocateArray<sbyte>(4096, pinned: true);
        Array.Fill(rows, byte.MaxValue);
        foreach (sbyte extreme in new[] { sbyte.MinValue, sbyte.MaxValue })
        {
            Array.Fill(query, extreme);
            Assert.All(Sums(DotKernel.Choose(name), rows, query, 0, 4096), s => Assert.Equal(4096 * 255 * extreme, s));
        }
    }

    [Fact]
    public void No_rows_are_no_work()
    {
        foreach (DotKernel kernel in DotKernel.Available())
        {
            kernel.Dots(null, 0, null, 0, 0, null);
        }
    }

    [Fact]
    public void The_portable_and_the_scalar_kernel_are_always_there_and_an_unknown_name_gives_the_fastest()
    {
        Assert.Equal(["portable", "scalar"], DotKernel.Available().TakeLast(2).Select(k => k.Name));
        Assert.Equal(DotKernel.Available()[0].Name, DotKernel.Choose("no such kernel").Name);
        Assert.Equal(DotKernel.Available()[0].Name, DotKernel.Choose(null).Name);
    }

    private static int[] Sums(DotKernel kernel, byte[] rows, sbyte[] query, int offset, int length)
    {
        const int count = 7;
        int[] sums = new int[count];
        byte** pointers = stackalloc byte*[count];
        fixed (byte* row = rows)
        fixed (sbyte* q = query)
        fixed (int* sum = sums)
        {
            for (int i = 0; i < count; i++)
            {
                pointers[i] = row + (i * (rows.Length / count));
            }

            kernel.Dots(pointers, count, q, offset, length, sum);
        }

        return sums;
    }
}
