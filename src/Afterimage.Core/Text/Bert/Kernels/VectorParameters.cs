namespace Afterimage.Text.Bert.Kernels;

/// <summary>The two vectors of a layer norm, in memory that kernels can point at.</summary>
internal sealed unsafe class VectorParameters : IDisposable
{
    private readonly NativeBuffer _memory;

    public VectorParameters((float[] Gain, float[] Bias) values)
    {
        int size = values.Gain.Length;
        _memory = new NativeBuffer(2L * size * sizeof(float));
        values.Gain.CopyTo(new Span<float>(Gain, size));
        Bias = Gain + size;
        values.Bias.CopyTo(new Span<float>(Bias, size));
    }

    public float* Gain => _memory.Floats;

    public float* Bias { get; }

    public void Dispose() => _memory.Dispose();
}
