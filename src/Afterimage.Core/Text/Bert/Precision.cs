namespace Afterimage.Text.Bert;

/// <summary>In what numbers the encoder multiplies.</summary>
public enum Precision
{
    /// <summary>Weights in 8 bits with a scale per output, activations in 8 bits with a scale per token, sums in 32 bits.</summary>
    Int8,

    /// <summary>32-bit floating point, as the model was published.</summary>
    Fp32,
}
