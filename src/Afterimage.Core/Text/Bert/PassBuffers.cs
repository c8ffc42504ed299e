using Afterimage.Text.Bert.Kernels;

namespace Afterimage.Text.Bert;

/// <summary>The buffers of a <see cref="ForwardPass"/>, a row per token in each. They grow with the longest batch and are used again.</summary>
internal sealed unsafe class PassBuffers(BertConfig config, CodeFormat format) : IDisposable
{
    private const int RowsStep = 16;

    private readonly nint _codeStride =
        (Math.Max(config.Hidden, config.Intermediate) + 63) / 64 * 64 * (format == CodeFormat.Signed16 ? sizeof(short) : 1);

    private NativeBuffer? _memory;
    private int _capacity;
    private float* _rowScales, _outliers;
    private byte* _codes;

    /// <summary>Hidden states.</summary>
    public RowBuffer States { get; private set; }

    /// <summary>What attention gathered.</summary>
    public RowBuffer Context { get; private set; }

    /// <summary>Queries, keys and values, or the wide layer.</summary>
    public RowBuffer Wide { get; private set; }

    /// <summary>What a product adds to the hidden states.</summary>
    public RowBuffer Narrow { get; private set; }

    /// <summary>To whole panels of every kind of layer.</summary>
    public static int Padded(int count) => (count + Fp32Panel.Width - 1) / Fp32Panel.Width * Fp32Panel.Width;

    /// <summary>Makes room; what was in the buffers may be gone.</summary>
    public void Reserve(int rows)
    {
        if (rows <= _capacity)
        {
            return;
        }

        _capacity = (rows + RowsStep - 1) / RowsStep * RowsStep;
        _memory?.Dispose();
        nint narrow = Padded(config.Hidden), wide = Padded(Math.Max(3 * config.Hidden, config.Intermediate));
        long floats = _capacity * (3 * narrow + wide + 1 + OutlierColumns.Max) * sizeof(float);

        // Behind the inputs of a row there may be codes up to a whole step; their weights are zero, so any value will do.
        _memory = new NativeBuffer(floats + _capacity * _codeStride);
        States = new RowBuffer(_memory.Floats, narrow);
        Context = new RowBuffer(States.Row(_capacity), narrow);
        Narrow = new RowBuffer(Context.Row(_capacity), narrow);
        Wide = new RowBuffer(Narrow.Row(_capacity), wide);
        _outliers = Wide.Row(_capacity);
        _rowScales = _outliers + _capacity * OutlierColumns.Max;
        _codes = (byte*)(_rowScales + _capacity);
    }

    /// <summary>A buffer as the inputs of a dense layer; one layer's at a time.</summary>
    public Activations Inputs(RowBuffer values) => new(values.Start, values.Stride, _codes, _codeStride, _rowScales, _outliers);

    public void Dispose() => _memory?.Dispose();
}
