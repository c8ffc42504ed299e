using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Afterimage.Vectors.Kernels;

/// <summary>
/// A fixed orthogonal map that spreads a vector's energy evenly over its components: random signs, a Walsh-Hadamard transform over strides of eight
/// and more within blocks of a power of two, and a Householder reflection across the blocks. Dot products stay what they were; outlier components,
/// which every BERT-like model has, no longer spoil the scale of an 8-bit code, and a part of the row says a known share of the whole.
/// </summary>
internal sealed class Rotation
{
    private readonly float[] _signs;
    private readonly int _block;

    /// <param name="length">Length after padding, a multiple of 64.</param>
    public Rotation(int length)
    {
        Length = length;
        _block = length & -length;

        // The transform of a block multiplies norms by the root of the number of values that meet: its share is folded into the signs.
        float scale = 1 / MathF.Sqrt(_block / Vector256<float>.Count);
        _signs = new float[length];
        ulong state = 0x9E37_79B9_7F4A_7C15;
        for (int i = 0; i < length; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            _signs[i] = (state >> 63) == 0 ? scale : -scale;
        }
    }

    public int Length { get; }

    /// <summary>Rotates in place.</summary>
    public void Apply(Span<float> vector)
    {
        ref float x = ref MemoryMarshal.GetReference(vector[..Length]);
        ref float signs = ref MemoryMarshal.GetArrayDataReference(_signs);
        for (nuint i = 0; i < (nuint)Length; i += 8)
        {
            (Vector256.LoadUnsafe(ref x, i) * Vector256.LoadUnsafe(ref signs, i)).StoreUnsafe(ref x, i);
        }

        for (int start = 0; start < Length; start += _block)
        {
            Hadamard(ref x, (nuint)start, (nuint)_block);
        }

        if (_block < Length)
        {
            Reflect(ref x);
        }
    }

    private static void Hadamard(ref float x, nuint start, nuint block)
    {
        for (nuint stride = 8; stride < block; stride *= 2)
        {
            for (nuint group = start; group < start + block; group += 2 * stride)
            {
                for (nuint i = group; i < group + stride; i += 8)
                {
                    Vector256<float> a = Vector256.LoadUnsafe(ref x, i);
                    Vector256<float> b = Vector256.LoadUnsafe(ref x, i + stride);
                    (a + b).StoreUnsafe(ref x, i);
                    (a - b).StoreUnsafe(ref x, i + stride);
                }
            }
        }
    }

    /// <summary>Across the blocks: <c>x - 2/c * sum</c>, the reflection at the vector of ones.</summary>
    private void Reflect(ref float x)
    {
        int blocks = Length / _block;
        Vector256<float> share = Vector256.Create(2f / blocks);
        for (nuint i = 0; i < (nuint)_block; i += 8)
        {
            Vector256<float> sum = default;
            for (nuint j = i; j < (nuint)Length; j += (nuint)_block)
            {
                sum += Vector256.LoadUnsafe(ref x, j);
            }

            sum *= share;
            for (nuint j = i; j < (nuint)Length; j += (nuint)_block)
            {
                (Vector256.LoadUnsafe(ref x, j) - sum).StoreUnsafe(ref x, j);
            }
        }
    }
}
