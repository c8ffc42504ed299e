namespace Afterimage.Text.Bert;

/// <summary>A matrix of floats, row by row; a view of memory that somebody else owns.</summary>
/// <param name="start">The first row.</param>
/// <param name="stride">Floats from one row to the next.</param>
internal readonly unsafe struct RowBuffer(float* start, nint stride)
{
    public float* Start { get; } = start;

    public nint Stride { get; } = stride;

    public float* Row(nint row) => Start + row * Stride;
}
