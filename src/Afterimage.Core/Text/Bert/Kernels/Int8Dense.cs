namespace Afterimage.Text.Bert.Kernels;

/// <summary>A linear layer in 8 bits. Inputs are centred, turned by <see cref="Rotation"/> and rounded with a scale per row; sums are exact in 32 bits.</summary>
internal sealed unsafe class Int8Dense : DenseLayer
{
    private readonly DenseKernel _kernel;
    private readonly Int8Weights _weights;
    private readonly NativeBuffer _signs;

    public Int8Dense(DenseKernel kernel, Int8Weights weights)
        : base(weights.Inputs, weights.Outputs, Int8Panel.Width)
    {
        (_kernel, _weights) = (kernel, weights);
        _signs = new NativeBuffer(Inputs * sizeof(float));
        Rotation.Signs(new Span<float>(_signs.Floats, Inputs));
    }

    public override void Prepare(float* values, in Activations activations, int row, float* scratch)
    {
        Rotation.Apply(values, _weights.Center, _signs.Floats, scratch, Inputs);
        byte* codes = activations.Codes + row * activations.CodeStride;
        activations.Scales[row] = RowOperations.Quantize(scratch, Inputs, codes, _kernel.Codes);
    }

    public override void Multiply(in Activations activations, int rows, int from, int to, float* outputs, nint outputStride)
    {
        int steps = Int8Weights.StepsOf(Inputs);
        for (int p = from; p < to; p++)
        {
            int first = p * Int8Panel.Width;
            var panel = new Int8Panel
            {
                Codes = activations.Codes,
                CodeStride = activations.CodeStride,
                RowScales = activations.Scales,
                Weights = _weights.Weights + (nint)first * steps * Int8Panel.StepInputs,
                Steps = steps,
                Corrections = _weights.Corrections + first,
                OutputScales = _weights.Scales + first,
                Bias = _weights.Bias + first,
                Outputs = outputs + first,
                OutputStride = outputStride,
            };
            _kernel.Multiply(panel, rows);
        }
    }

    public override void Dispose() => _signs.Dispose();
}
