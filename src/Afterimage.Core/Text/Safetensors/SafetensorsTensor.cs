namespace Afterimage.Text.Safetensors;

/// <summary>One tensor of a file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Element type, as far as we read it.</param>
/// <param name="Shape">Rows first; empty for a single number.</param>
/// <param name="Offset">Byte offset of the first element from the start of the file. Not necessarily aligned.</param>
/// <param name="Length">Bytes.</param>
public sealed record SafetensorsTensor(string Name, SafetensorsType Type, IReadOnlyList<long> Shape, long Offset, long Length)
{
    /// <summary>Elements: the product of the shape.</summary>
    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);
}
