using System.Numerics;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>Self-attention of one head over the tokens of one text, in floats.</summary>
internal static unsafe class Attention
{
    /// <summary>
    /// Row t of <paramref name="context"/> := softmax(q[t]·kᵀ x scale)·v for the first <paramref name="queries"/> of <paramref name="tokens"/> rows. All pointers stand at the head's
    /// first component; <paramref name="stride"/> leads from token to token in q, k and v.
    /// </summary>
    /// <param name="scores">Room for <paramref name="tokens"/> floats, rounded up to whole vectors.</param>
    public static void Run(float* q, float* k, float* v, nint stride, int tokens, int queries, int size, float* context, nint contextStride, float* scores)
    {
        float scale = 1 / MathF.Sqrt(size);
        for (int t = 0; t < queries; t++)
        {
            float* query = q + t * stride;
            for (int u = 0; u < tokens; u++)
            {
                scores[u] = Dot(query, k + u * stride, size) * scale;
            }

            float total = Softmax(scores, tokens);
            Mix(scores, 1 / total, v, stride, tokens, size, context + t * contextStride);
        }
    }

    private static float Dot(float* a, float* b, int size)
    {
        Vector<float> sum = Vector<float>.Zero, more = Vector<float>.Zero;
        int i = 0;
        for (; i <= size - 2 * Vector<float>.Count; i += 2 * Vector<float>.Count)
        {
            sum = Vector.FusedMultiplyAdd(Vector.Load(a + i), Vector.Load(b + i), sum);
            more = Vector.FusedMultiplyAdd(Vector.Load(a + i + Vector<float>.Count), Vector.Load(b + i + Vector<float>.Count), more);
        }

        float dot = Vector.Sum(sum + more);
        for (; i < size; i++)
        {
            dot += a[i] * b[i];
        }

        return dot;
    }

    /// <summary>Replaces scores by their exponentials, relative to the largest; returns their sum.</summary>
    private static float Softmax(float* scores, int count)
    {
        float largest = scores[0];
        for (int i = 1; i < count; i++)
        {
            largest = MathF.Max(largest, scores[i]);
        }

        var shift = new Vector<float>(largest);
        for (int i = 0; i < count; i += Vector<float>.Count)
        {
            VectorMath.Exp(Vector.Load(scores + i) - shift).Store(scores + i);
        }

        float total = 0;
        for (int i = 0; i < count; i++)
        {
            total += scores[i];
        }

        return total;
    }

    private static void Mix(float* weights, float scale, float* v, nint stride, int tokens, int size, float* output)
    {
        int width = Vector<float>.Count, i = 0;
        for (; i <= size - 4 * width; i += 4 * width)
        {
            Vector<float> a = Vector<float>.Zero, b = a, c = a, d = a;
            float* values = v + i;
            for (int u = 0; u < tokens; u++, values += stride)
            {
                var weight = new Vector<float>(weights[u]);
                a = Vector.FusedMultiplyAdd(weight, Vector.Load(values), a);
                b = Vector.FusedMultiplyAdd(weight, Vector.Load(values + width), b);
                c = Vector.FusedMultiplyAdd(weight, Vector.Load(values + 2 * width), c);
                d = Vector.FusedMultiplyAdd(weight, Vector.Load(values + 3 * width), d);
            }

            var scales = new Vector<float>(scale);
            (a * scales).Store(output + i);
            (b * scales).Store(output + i + width);
            (c * scales).Store(output + i + 2 * width);
            (d * scales).Store(output + i + 3 * width);
        }

        for (; i < size; i++)
        {
            float sum = 0;
            for (int u = 0; u < tokens; u++)
            {
                sum += weights[u] * v[u * stride + i];
            }

            output[i] = sum * scale;
        }
    }
}
