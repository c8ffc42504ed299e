using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Afterimage.Vectors.Kernels;

/// <summary>
/// The one inner loop of every search: integer dot products of many stored rows with one query. Rows are unsigned bytes (code + 128), the query is
/// signed bytes, sums are exact in int32: 4096 x 255 x 127 stays far below its bound. Implementations differ only in speed; the scalar one is the oracle.
/// </summary>
internal abstract unsafe class DotKernel
{
    /// <summary>Offsets and lengths are multiples of this many bytes, and so is the alignment of rows.</summary>
    public const int Step = 64;

    /// <summary>The environment variable that forces a kernel by name.</summary>
    public const string Variable = "AFTERIMAGE_KERNEL";

    /// <summary>The kernel of this process: the fastest that the processor has, unless <see cref="Variable"/> names another.</summary>
    public static DotKernel Best { get; } = Choose(Environment.GetEnvironmentVariable(Variable));

    public abstract string Name { get; }

    /// <summary>
    /// <c>sums[i] = sum of rows[i][j] * query[j]</c> for <c>offset &lt;= j &lt; offset + length</c>. Both bounds are multiples of <see cref="Step"/>.
    /// </summary>
    public abstract void Dots(byte** rows, int count, sbyte* query, int offset, int length, int* sums);

    /// <summary>Every kernel that this processor can run, fastest first; the portable and the scalar one are always last.</summary>
    public static IReadOnlyList<DotKernel> Available()
    {
        var kernels = new List<DotKernel>();
        if (AvxVnni.IsSupported)
        {
            kernels.Add(new AvxVnniKernel());
        }

        // Widening to 16 bits costs AVX-512 two instructions where VNNI needs one, so it comes second although its registers are wider.
        if (Avx512BW.IsSupported)
        {
            kernels.Add(new Avx512Kernel());
        }

        if (Avx2.IsSupported)
        {
            kernels.Add(new Avx2Kernel());
        }

        if (Dp.IsSupported)
        {
            kernels.Add(new ArmDotKernel());
        }

        kernels.Add(new PortableKernel());
        kernels.Add(new ScalarKernel());
        return kernels;
    }

    /// <summary>The kernel with this name; the fastest where the name is null, unknown or not for this processor.</summary>
    public static DotKernel Choose(string? name)
    {
        IReadOnlyList<DotKernel> available = Available();
        return available.FirstOrDefault(k => string.Equals(k.Name, name, StringComparison.OrdinalIgnoreCase)) ?? available[0];
    }
}
