using Afterimage.Vectors.Kernels;

namespace Afterimage.Tests.Vectors;

/// <summary>The best kernel, with something happening before each use: a fault, or a writer who comes in between.</summary>
internal sealed unsafe class HookedKernel : DotKernel
{
    public Action? Hook { get; set; }

    public override string Name => "hooked";

    public override void Dots(byte** rows, int count, sbyte* query, int offset, int length, int* sums)
    {
        Hook?.Invoke();
        Best.Dots(rows, count, query, offset, length, sums);
    }
}
