using System.Runtime.Intrinsics.X86;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>Alder Lake and later, without AVX-512.</summary>
internal sealed class AvxVnniKernel : DenseKernel
{
    public static bool IsSupported => VnniInt8.IsSupported && Fma.IsSupported;

    public override string Name => "avxvnni";

    public override CodeFormat Codes => CodeFormat.Unsigned8;

    public override void Multiply(in Int8Panel panel, int rows) => VnniInt8.Multiply(panel, rows);

    public override void Multiply(in Fp32Panel panel, int rows) => Fp32By256.Multiply(panel, rows);
}
