namespace Afterimage.Text.Bert.Kernels;

/// <summary>
/// The inputs of a dense layer, one row per token: as floats, or as 8-bit codes with one scale per row and a few floats. A view of a pass's buffers, owned by it.
/// </summary>
internal readonly unsafe struct Activations(float* values, nint valueStride, byte* codes, nint codeStride, float* scales, float* outliers)
{
    public float* Values { get; } = values;

    /// <summary>Floats from one row to the next.</summary>
    public nint ValueStride { get; } = valueStride;

    public byte* Codes { get; } = codes;

    /// <summary>Bytes from one row to the next; whole steps, the rest behind the inputs holding the code of zero.</summary>
    public nint CodeStride { get; } = codeStride;

    /// <summary>One per row: value = scale x code.</summary>
    public float* Scales { get; } = scales;

    /// <summary><see cref="OutlierColumns.Max"/> per row: inputs less their centre that stay floats.</summary>
    public float* Outliers { get; } = outliers;
}
