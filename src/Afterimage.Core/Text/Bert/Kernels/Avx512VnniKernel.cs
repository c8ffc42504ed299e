using System.Runtime.Intrinsics.X86;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>Zen 5, Sapphire Rapids and later: VNNI for bytes, 512-bit registers for floats.</summary>
internal sealed class Avx512VnniKernel : DenseKernel
{
    public static bool IsSupported => Avx512BW.IsSupported && VnniInt8.IsSupported;

    public override string Name => "avx512vnni";

    public override CodeFormat Codes => CodeFormat.Unsigned8;

    public override void Multiply(in Int8Panel panel, int rows) => VnniInt8.Multiply(panel, rows);

    public override void Multiply(in Fp32Panel panel, int rows) => Fp32By512.Multiply(panel, rows);
}
