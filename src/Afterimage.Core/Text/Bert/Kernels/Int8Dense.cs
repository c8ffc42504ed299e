namespace Afterimage.Text.Bert.Kernels;

/// <summary>A linear layer in 8 bits. Inputs are centred, turned by <see cref="Rotation"/> and rounded with a scale per row; sums are exact in 32 bits. Outliers are added in floats.</summary>
internal sealed unsafe class Int8Dense : DenseLayer
{
    // Outputs are still in the nearest cache when the outliers' share is added.
    private const int RowsTogether = 64;

    private readonly DenseKernel _kernel;
    private readonly Int8Weights _weights;
    private readonly NativeBuffer _signs;

    public Int8Dense(DenseKernel kernel, Int8Weights weights)
        : base(weights.Inputs, weights.Outputs, Int8Panel.Width)
    {
        (_kernel, _weights) = (kernel, weights);
        _signs = new NativeBuffer(Inputs * sizeof(float));
        weights.Signs(new Span<float>(_signs.Floats, Inputs));
    }

    public override void Prepare(float* values, in Activations activations, int row, float* scratch)
    {
        Rotation.Apply(values, _weights.Center, _signs.Floats, scratch, Inputs);
        byte* codes = activations.Codes + row * activations.CodeStride;
        activations.Scales[row] = RowOperations.Quantize(scratch, Inputs, codes, _kernel.Codes);
        float* outliers = activations.Outliers + row * OutlierColumns.Max;
        foreach (int outlier in _weights.Outliers)
        {
            *outliers++ = values[outlier] - _weights.Center[outlier];
        }
    }

    public override void Multiply(in Activations activations, int rows, int from, int to, float* outputs, nint outputStride)
    {
        int steps = Int8Weights.StepsOf(Inputs), outliers = _weights.Outliers.Length;
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
            if (outliers == 0)
            {
                _kernel.Multiply(panel, rows);
                continue;
            }

            float* weights = _weights.OutlierWeights + (nint)first * OutlierColumns.Max;
            for (int row = 0; row < rows; row += RowsTogether)
            {
                int count = Math.Min(RowsTogether, rows - row);
                _kernel.Multiply(panel.From(row), count);
                OutlierColumns.Multiply(activations.Outliers + row * OutlierColumns.Max, outliers, weights, count, outputs + first + row * outputStride, outputStride);
            }
        }
    }

    public override void Dispose() => _signs.Dispose();
}
