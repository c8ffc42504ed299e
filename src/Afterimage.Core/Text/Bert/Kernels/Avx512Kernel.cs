using System.Runtime.Intrinsics.X86;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>Processors with AVX-512 whose VNNI .NET does not reach: Skylake-X to Ice Lake, Zen 4.</summary>
internal sealed class Avx512Kernel : DenseKernel
{
    public static bool IsSupported => Avx512BW.IsSupported;

    public override string Name => "avx512";

    public override CodeFormat Codes => CodeFormat.Signed16;

    public override void Multiply(in Int8Panel panel, int rows) => Int8By512.Multiply(panel, rows);

    public override void Multiply(in Fp32Panel panel, int rows) => Fp32By512.Multiply(panel, rows);
}
