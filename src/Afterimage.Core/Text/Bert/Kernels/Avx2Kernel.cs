using System.Runtime.Intrinsics.X86;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>Haswell, Zen and later.</summary>
internal sealed class Avx2Kernel : DenseKernel
{
    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public override string Name => "avx2";

    public override CodeFormat Codes => CodeFormat.Signed16;

    public override void Multiply(in Int8Panel panel, int rows) => Int8By256.Multiply(panel, rows);

    public override void Multiply(in Fp32Panel panel, int rows) => Fp32By256.Multiply(panel, rows);
}
