namespace Afterimage.Text.Bert.Kernels;

/// <summary>Plain loops: what every other kernel must agree with, and what runs where there is nothing better.</summary>
internal sealed unsafe class PortableKernel : DenseKernel
{
    public override string Name => "portable";

    public override CodeFormat Codes => CodeFormat.Unsigned8;

    public override void Multiply(in Int8Panel panel, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            byte* codes = panel.Codes + row * panel.CodeStride;
            float* outputs = panel.Outputs + row * panel.OutputStride;
            for (int o = 0; o < Int8Panel.Width; o++)
            {
                int sum = panel.Corrections[o];
                sbyte* weights = panel.Weights + o * Int8Panel.StepInputs;
                for (int step = 0; step < panel.Steps; step++, weights += Int8Panel.Width * Int8Panel.StepInputs)
                {
                    byte* code = codes + step * Int8Panel.StepInputs;
                    sum += code[0] * weights[0] + code[1] * weights[1] + code[2] * weights[2] + code[3] * weights[3];
                }

                outputs[o] = sum * (panel.RowScales[row] * panel.OutputScales[o]) + panel.Bias[o];
            }
        }
    }

    public override void Multiply(in Fp32Panel panel, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            float* inputs = panel.Inputs + row * panel.InputStride;
            var outputs = new Span<float>(panel.Outputs + row * panel.OutputStride, Fp32Panel.Width);
            new ReadOnlySpan<float>(panel.Bias, Fp32Panel.Width).CopyTo(outputs);
            for (int i = 0; i < panel.Steps; i++)
            {
                float input = inputs[i];
                var weights = new ReadOnlySpan<float>(panel.Weights + (nint)i * Fp32Panel.Width, Fp32Panel.Width);
                for (int o = 0; o < Fp32Panel.Width; o++)
                {
                    outputs[o] += input * weights[o];
                }
            }
        }
    }
}
