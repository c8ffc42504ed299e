using Afterimage.Text.Bert.Kernels;

namespace Afterimage.Text.Bert;

/// <summary>One transformer layer, packed for a kernel.</summary>
/// <param name="Project">Hidden states to queries, keys and values side by side.</param>
/// <param name="Attended">What attention gathered, back to hidden states.</param>
/// <param name="AttentionNorm">Layer norm after attention.</param>
/// <param name="Up">Hidden states to the wide layer.</param>
/// <param name="Down">The wide layer back to hidden states.</param>
/// <param name="OutputNorm">Layer norm at the end.</param>
internal sealed record BertLayer(
    DenseLayer Project, DenseLayer Attended, VectorParameters AttentionNorm, DenseLayer Up, DenseLayer Down, VectorParameters OutputNorm) : IDisposable
{
    public void Dispose()
    {
        foreach (IDisposable part in (IDisposable[])[Project, Attended, AttentionNorm, Up, Down, OutputNorm])
        {
            part.Dispose();
        }
    }
}
