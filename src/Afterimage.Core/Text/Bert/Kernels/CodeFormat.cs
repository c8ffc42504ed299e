namespace Afterimage.Text.Bert.Kernels;

/// <summary>How a kernel wants the 8-bit codes of activations stored.</summary>
internal enum CodeFormat
{
    /// <summary>A byte, 128 standing for zero: for processors that multiply unsigned by signed bytes.</summary>
    Unsigned8,

    /// <summary>A signed byte.</summary>
    Signed8,

    /// <summary>A signed 16-bit number: for processors that multiply only those into 32-bit sums.</summary>
    Signed16,
}
