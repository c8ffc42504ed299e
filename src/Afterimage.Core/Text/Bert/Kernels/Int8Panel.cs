namespace Afterimage.Text.Bert.Kernels;

/// <summary>
/// What an 8-bit kernel multiplies: some rows of codes with one panel of <see cref="Width"/> outputs.
/// Weights of a panel: for each step of 4 inputs, 16 outputs x 4 signed bytes. Result: scale of row x scale of output x sum + bias.
/// </summary>
internal unsafe struct Int8Panel
{
    /// <summary>Outputs of a panel.</summary>
    public const int Width = 16;

    /// <summary>Inputs of a step.</summary>
    public const int StepInputs = 4;

    /// <summary>Codes of the first row, in the kernel's <see cref="CodeFormat"/>.</summary>
    public byte* Codes;

    /// <summary>Bytes from row to row.</summary>
    public nint CodeStride;

    /// <summary>One scale per row.</summary>
    public float* RowScales;

    public sbyte* Weights;

    /// <summary>Inputs / 4, rounded up.</summary>
    public int Steps;

    /// <summary>Per output, what the zero point of the codes adds to the sum, negated; not read by kernels with signed codes.</summary>
    public int* Corrections;

    public float* OutputScales;

    public float* Bias;

    /// <summary>Where the first row's results go.</summary>
    public float* Outputs;

    /// <summary>Floats from row to row.</summary>
    public nint OutputStride;

    /// <summary>The same from another row on.</summary>
    public readonly Int8Panel From(int row) => this with
    {
        Codes = Codes + row * CodeStride,
        RowScales = RowScales + row,
        Outputs = Outputs + row * OutputStride,
    };
}
