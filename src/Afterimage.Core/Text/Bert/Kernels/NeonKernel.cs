using System.Runtime.Intrinsics.Arm;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>64-bit Arm with dot-product instructions: Graviton 2, Ampere, Apple and later.</summary>
internal sealed class NeonKernel : DenseKernel
{
    public static bool IsSupported => Dp.IsSupported;

    public override string Name => "neon";

    public override CodeFormat Codes => CodeFormat.Signed8;

    public override void Multiply(in Int8Panel panel, int rows) => Int8ByDotProduct.Multiply(panel, rows);

    public override void Multiply(in Fp32Panel panel, int rows) => Fp32By128.Multiply(panel, rows);
}
