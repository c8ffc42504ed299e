using System.Numerics;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>
/// Self-attention of one head over the tokens of one text, in floats. Keys (turned) and values are copied into panels, so that both products run on
/// the kernel of the dense layers, some rows at a time.
/// </summary>
internal sealed unsafe class Attention(DenseKernel kernel) : IDisposable
{
    private const int RowsAtOnce = 32;

    private NativeBuffer? _memory;

    /// <summary>
    /// Row t of <paramref name="context"/> := softmax(q[t]·kᵀ / √size)·v for the first <paramref name="queries"/> of <paramref name="tokens"/> rows. All pointers
    /// stand at the head's first component; <paramref name="stride"/> leads from token to token in q, k and v.
    /// </summary>
    public void Run(float* q, float* k, float* v, nint stride, int tokens, int queries, int size, float* context, nint contextStride)
    {
        int width = Padded(tokens), depth = Padded(size);
        float* keys = Reserve((long)width * size + (long)depth * tokens + (long)RowsAtOnce * (width + depth) + Math.Max(width, depth));
        float* values = keys + (nint)width * size;
        float* scores = values + (nint)depth * tokens;
        float* mixed = scores + (nint)RowsAtOnce * width;
        float* zeros = mixed + (nint)RowsAtOnce * depth;
        new Span<float>(zeros, Math.Max(width, depth)).Clear();
        PackKeys(k, stride, tokens, size, keys);
        PackValues(v, stride, tokens, size, values);
        float scale = 1 / MathF.Sqrt(size);
        for (int t = 0; t < queries; t += RowsAtOnce)
        {
            int rows = Math.Min(RowsAtOnce, queries - t);
            Multiply(q + t * stride, stride, keys, size, zeros, scores, width, rows);
            for (int row = 0; row < rows; row++)
            {
                Softmax(scores + row * width, tokens, scale);
            }

            Multiply(scores, width, values, tokens, zeros, mixed, depth, rows);
            for (int row = 0; row < rows; row++)
            {
                new ReadOnlySpan<float>(mixed + row * depth, size).CopyTo(new Span<float>(context + (t + row) * contextStride, size));
            }
        }
    }

    public void Dispose() => _memory?.Dispose();

    private void Multiply(float* inputs, nint inputStride, float* panels, int steps, float* zeros, float* outputs, int width, int rows)
    {
        for (int column = 0; column < width; column += Fp32Panel.Width)
        {
            var panel = new Fp32Panel
            {
                Inputs = inputs,
                InputStride = inputStride,
                Weights = panels + (nint)column * steps,
                Steps = steps,
                Bias = zeros,
                Outputs = outputs + column,
                OutputStride = width,
            };
            kernel.Multiply(panel, rows);
        }
    }

    /// <summary>Panels of 32 tokens: for each component, the 32 tokens' values.</summary>
    private static void PackKeys(float* k, nint stride, int tokens, int size, float* panels)
    {
        for (int first = 0; first < tokens; first += Fp32Panel.Width, panels += (nint)Fp32Panel.Width * size)
        {
            int count = Math.Min(Fp32Panel.Width, tokens - first);
            for (int u = 0; u < Fp32Panel.Width; u++)
            {
                // Behind the last token it stands again: any finite number will do, its score is never read.
                float* key = k + (first + Math.Min(u, count - 1)) * stride;
                float* packed = panels + u;
                for (int i = 0; i < size; i++, packed += Fp32Panel.Width)
                {
                    *packed = key[i];
                }
            }
        }
    }

    /// <summary>Panels of 32 components: for each token, the 32 components.</summary>
    private static void PackValues(float* v, nint stride, int tokens, int size, float* panels)
    {
        for (int first = 0; first < size; first += Fp32Panel.Width)
        {
            int count = Math.Min(Fp32Panel.Width, size - first);
            for (int u = 0; u < tokens; u++, panels += Fp32Panel.Width)
            {
                new ReadOnlySpan<float>(v + u * stride + first, count).CopyTo(new Span<float>(panels, count));
                new Span<float>(panels + count, Fp32Panel.Width - count).Clear();
            }
        }
    }

    /// <summary>Replaces scores by their scaled softmax.</summary>
    private static void Softmax(float* scores, int count, float scale)
    {
        int width = Vector<float>.Count, whole = count / width * width;
        var largest = new Vector<float>(scores[count - 1]);
        for (int i = 0; i < whole; i += width)
        {
            largest = Vector.Max(largest, Vector.Load(scores + i));
        }

        float max = largest[0];
        for (int lane = 1; lane < width; lane++)
        {
            max = MathF.Max(max, largest[lane]);
        }

        for (int i = whole; i < count; i++)
        {
            max = MathF.Max(max, scores[i]);
        }

        // The row is padded to a panel, so the last vector may reach behind the count.
        var scales = new Vector<float>(scale);
        var shift = new Vector<float>(-max * scale);
        Vector<float> totals = Vector<float>.Zero;
        for (int i = 0; i < count; i += width)
        {
            Vector<float> weight = VectorMath.Exp(Vector.FusedMultiplyAdd(Vector.Load(scores + i), scales, shift));
            weight.Store(scores + i);
            totals += i < whole ? weight : Vector<float>.Zero;
        }

        float total = Vector.Sum(totals);
        for (int i = whole; i < count; i++)
        {
            total += scores[i];
        }

        var inverse = new Vector<float>(1 / total);
        for (int i = 0; i < count; i += width)
        {
            (Vector.Load(scores + i) * inverse).Store(scores + i);
        }
    }

    private float* Reserve(long floats)
    {
        if (_memory is null || _memory.Length < floats * sizeof(float))
        {
            _memory?.Dispose();
            _memory = new NativeBuffer(floats * sizeof(float));
        }

        return _memory.Floats;
    }

    private static int Padded(int count) => (count + Fp32Panel.Width - 1) / Fp32Panel.Width * Fp32Panel.Width;
}
