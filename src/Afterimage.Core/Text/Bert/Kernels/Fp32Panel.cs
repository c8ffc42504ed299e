namespace Afterimage.Text.Bert.Kernels;

/// <summary>What a float kernel multiplies: some rows with one panel of <see cref="Width"/> outputs. Weights: for each input, 32 outputs.</summary>
internal unsafe struct Fp32Panel
{
    /// <summary>Outputs of a panel.</summary>
    public const int Width = 32;

    public float* Inputs;

    /// <summary>Floats from row to row.</summary>
    public nint InputStride;

    public float* Weights;

    /// <summary>Number of inputs.</summary>
    public int Steps;

    public float* Bias;

    public float* Outputs;

    public nint OutputStride;
}
