using Afterimage.Text.Bert.Kernels;

namespace Afterimage.Tests.Text.Bert;

/// <summary>The kernels that this machine can run, and Arm's, whose one special instruction is spelt out on other machines.</summary>
internal static class TestedKernels
{
    public static IReadOnlyList<DenseKernel> All { get; } =
        [.. DenseKernel.Available, .. NeonKernel.IsSupported ? (DenseKernel[])[] : [new NeonKernel()]];

    public static DenseKernel Named(string name) => All.First(k => k.Name == name);
}
