using System.Numerics;

namespace Afterimage.Text.Bert.Kernels;

/// <summary>
/// A fixed orthogonal transformation of a layer's inputs that spreads a large component over up to 32 others before they are rounded to 8 bits:
/// random signs, then Walsh-Hadamard butterflies over the strides 8, 16, ... within blocks of at most 256. The weights are turned the same way when they
/// are packed, so the product stays what it was, while no single outlier can take the resolution from a whole row (the idea of QuaRot,
/// arXiv 2404.00456). Strides below 8 are left out because they would need shuffles inside a vector.
/// </summary>
internal static unsafe class Rotation
{
    /// <summary>Raised when the transformation changes; part of the packed file's identity.</summary>
    public const int Version = 1;

    private const int StrideMin = 8, BlockMax = 256;

    /// <summary>The block size for a number of inputs: the largest power of two, 256 at most, that divides it; 8 or less means no butterflies.</summary>
    public static int BlockOf(int inputs) => Math.Min(inputs & -inputs, BlockMax);

    /// <summary>The length of a transformed vector relative to what <see cref="Apply"/> leaves: 1 over the root of the numbers mixed.</summary>
    public static float ScaleOf(int inputs) => BlockOf(inputs) <= StrideMin ? 1 : 1 / MathF.Sqrt(BlockOf(inputs) / StrideMin);

    /// <summary>The random signs as numbers, 1 or -1; the same in every process and release.</summary>
    public static void Signs(Span<float> signs)
    {
        for (int i = 0; i < signs.Length; i++)
        {
            uint hash = (uint)i * 0x9E3779B1;
            hash = (hash ^ (hash >> 15)) * 0x85EBCA77;
            signs[i] = ((hash ^ (hash >> 13)) & 0x10000) == 0 ? 1 : -1;
        }
    }

    /// <summary>Turns <paramref name="inputs"/> numbers less <paramref name="center"/> into <paramref name="output"/>, without the final scale.</summary>
    public static void Apply(float* input, float* center, float* signs, float* output, int inputs)
    {
        int i = 0;
        for (; i <= inputs - Vector<float>.Count; i += Vector<float>.Count)
        {
            ((Vector.Load(input + i) - Vector.Load(center + i)) * Vector.Load(signs + i)).Store(output + i);
        }

        for (; i < inputs; i++)
        {
            output[i] = (input[i] - center[i]) * signs[i];
        }

        int block = BlockOf(inputs);
        for (float* start = output; start < output + inputs; start += block)
        {
            int stride = StrideMin;
            for (; stride * 4 <= block && Vector<float>.Count <= StrideMin; stride *= 4)
            {
                Quadruples(start, stride, block);
            }

            for (; stride * 2 <= block; stride *= 2)
            {
                Pairs(start, stride, block);
            }
        }
    }

    /// <summary>Two strides in one pass over the memory.</summary>
    private static void Quadruples(float* start, int stride, int block)
    {
        for (float* group = start; group < start + block; group += 4 * stride)
        {
            for (float* p = group; p < group + stride; p += Vector<float>.Count)
            {
                Vector<float> a = Vector.Load(p), b = Vector.Load(p + stride), c = Vector.Load(p + 2 * stride), d = Vector.Load(p + 3 * stride);
                (Vector<float> ab, Vector<float> cd, Vector<float> a_b, Vector<float> c_d) = (a + b, c + d, a - b, c - d);
                (ab + cd).Store(p);
                (a_b + c_d).Store(p + stride);
                (ab - cd).Store(p + 2 * stride);
                (a_b - c_d).Store(p + 3 * stride);
            }
        }
    }

    private static void Pairs(float* start, int stride, int block)
    {
        int step = Math.Min(Vector<float>.Count, stride);
        for (float* group = start; group < start + block; group += 2 * stride)
        {
            for (float* p = group; p < group + stride; p += step)
            {
                if (step < Vector<float>.Count)
                {
                    for (int i = 0; i < step; i++)
                    {
                        (p[i], p[i + stride]) = (p[i] + p[i + stride], p[i] - p[i + stride]);
                    }

                    continue;
                }

                Vector<float> a = Vector.Load(p), b = Vector.Load(p + stride);
                (a + b).Store(p);
                (a - b).Store(p + stride);
            }
        }
    }
}
