namespace Afterimage.Text.Bert.Kernels;

/// <summary>A linear layer in floats: panels of 32 outputs, in each, for every input, the 32 weights.</summary>
internal sealed unsafe class Fp32Dense : DenseLayer
{
    private readonly DenseKernel _kernel;
    private readonly NativeBuffer _weights;
    private readonly NativeBuffer _bias;

    /// <param name="weight">Outputs x inputs.</param>
    public Fp32Dense(DenseKernel kernel, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, int inputs)
        : base(inputs, bias.Length, Fp32Panel.Width)
    {
        _kernel = kernel;
        _weights = new NativeBuffer((long)PaddedOutputs * inputs * sizeof(float));
        _bias = new NativeBuffer(PaddedOutputs * sizeof(float));
        bias.CopyTo(new Span<float>(_bias.Floats, bias.Length));
        for (int o = 0; o < bias.Length; o++)
        {
            float* packed = _weights.Floats + (nint)(o / Fp32Panel.Width) * Fp32Panel.Width * inputs + o % Fp32Panel.Width;
            foreach (float value in weight.Slice(o * inputs, inputs))
            {
                *packed = value;
                packed += Fp32Panel.Width;
            }
        }
    }

    public override void Prepare(float* values, in Activations activations, int row, float* scratch)
    {
    }

    public override void Multiply(in Activations activations, int rows, int from, int to, float* outputs, nint outputStride)
    {
        for (int p = from; p < to; p++)
        {
            var panel = new Fp32Panel
            {
                Inputs = activations.Values,
                InputStride = activations.ValueStride,
                Weights = _weights.Floats + (nint)p * Fp32Panel.Width * Inputs,
                Steps = Inputs,
                Bias = _bias.Floats + p * Fp32Panel.Width,
                Outputs = outputs + p * Fp32Panel.Width,
                OutputStride = outputStride,
            };
            _kernel.Multiply(panel, rows);
        }
    }

    public override void Dispose()
    {
        _weights.Dispose();
        _bias.Dispose();
    }
}
