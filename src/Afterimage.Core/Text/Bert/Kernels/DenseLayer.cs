namespace Afterimage.Text.Bert.Kernels;

/// <summary>A linear layer with its weights packed for a kernel: y = x·Wᵀ + b. Immutable; used by many threads at once.</summary>
internal abstract unsafe class DenseLayer(int inputs, int outputs, int panelWidth) : IDisposable
{
    public int Inputs => inputs;

    public int Outputs => outputs;

    /// <summary>Outputs that are computed together.</summary>
    public int PanelWidth => panelWidth;

    public int Panels => (outputs + panelWidth - 1) / panelWidth;

    /// <summary>Outputs rounded up to whole panels: the least distance from one row of results to the next.</summary>
    public int PaddedOutputs => Panels * panelWidth;

    /// <summary>Makes the codes of one row of <paramref name="activations"/> from <paramref name="values"/>; nothing for layers that take floats.</summary>
    /// <param name="scratch">Room for the row.</param>
    public abstract void Prepare(float* values, in Activations activations, int row, float* scratch);

    /// <summary>Computes the outputs of panels <paramref name="from"/> to <paramref name="to"/> for all rows.</summary>
    public abstract void Multiply(in Activations activations, int rows, int from, int to, float* outputs, nint outputStride);

    public abstract void Dispose();
}
