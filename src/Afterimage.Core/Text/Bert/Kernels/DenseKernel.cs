namespace Afterimage.Text.Bert.Kernels;

/// <summary>
/// Matrix multiplication for one family of processors. The best one that the machine has is picked once; the environment variable
/// <c>AFTERIMAGE_KERNEL</c> forces another by name.
/// </summary>
internal abstract unsafe class DenseKernel
{
    /// <summary>Forces a kernel: avx512vnni, avx512, avxvnni, avx2, neon or portable.</summary>
    public const string EnvironmentVariable = "AFTERIMAGE_KERNEL";

    private static readonly Lazy<DenseKernel> Picked = new(Pick);

    /// <summary>The kernel that this process uses.</summary>
    public static DenseKernel Best => Picked.Value;

    /// <summary>Every kernel that this machine can run, the fastest first.</summary>
    public static IReadOnlyList<DenseKernel> Available { get; } =
    [
        .. Avx512VnniKernel.IsSupported ? [new Avx512VnniKernel()] : (DenseKernel[])[],
        .. Avx512Kernel.IsSupported ? [new Avx512Kernel()] : (DenseKernel[])[],
        .. AvxVnniKernel.IsSupported ? [new AvxVnniKernel()] : (DenseKernel[])[],
        .. Avx2Kernel.IsSupported ? [new Avx2Kernel()] : (DenseKernel[])[],
        .. NeonKernel.IsSupported ? [new NeonKernel()] : (DenseKernel[])[],
        new PortableKernel(),
    ];

    public abstract string Name { get; }

    /// <summary>How it wants the codes of activations.</summary>
    public abstract CodeFormat Codes { get; }

    /// <summary>Multiplies <paramref name="rows"/> rows with a panel of 8-bit weights.</summary>
    public abstract void Multiply(in Int8Panel panel, int rows);

    /// <summary>Multiplies <paramref name="rows"/> rows with a panel of floats.</summary>
    public abstract void Multiply(in Fp32Panel panel, int rows);

    /// <summary>Picks the kernel named by <paramref name="forced"/>, or the best.</summary>
    /// <exception cref="InvalidDataException">There is no such kernel, or this machine cannot run it.</exception>
    public static DenseKernel Named(string? forced) => string.IsNullOrEmpty(forced) ? Available[0]
        : Available.FirstOrDefault(k => string.Equals(k.Name, forced, StringComparison.OrdinalIgnoreCase))
            ?? throw new InvalidDataException(
                $"{EnvironmentVariable}={forced}: this machine has the kernels {string.Join(", ", Available.Select(k => k.Name))}");

    private static DenseKernel Pick() => Named(Environment.GetEnvironmentVariable(EnvironmentVariable));
}
