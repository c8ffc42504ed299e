using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Afterimage.Vectors.Kernels;

/// <summary>
/// What is compared with many rows: a query, or a row in the part of one. Belongs to one thread at a time. Similarities come from 8-bit codes;
/// <see cref="ErrorOf"/> says how far each may be from the true cosine.
/// </summary>
internal sealed unsafe class CodedQuery(RowStore rows, Quantizer quantizer, DotKernel kernel)
{
    /// <summary>Rows per call at most.</summary>
    public const int RowsMax = 64;

    private readonly sbyte[] _codes = GC.AllocateArray<sbyte>(quantizer.Length, pinned: true);
    private RowScale _scale;
    private float _codedNorm;
    private int _headShare;
    private int _wholeShare;

    /// <summary>Takes a unit vector, or zero.</summary>
    public void Encode(ReadOnlySpan<float> unit) => Took(quantizer.EncodeQuery(unit, _codes));

    /// <summary>Takes a stored row.</summary>
    public void Take(int row)
    {
        byte* codes = rows.Codes(row);
        sbyte* own = Codes;
        Vector256<byte> sign = Vector256.Create((byte)0x80);
        for (int i = 0; i < quantizer.Length; i += 32)
        {
            (Vector256.Load(codes + i) ^ sign).AsSByte().Store(own + i);
        }

        Took(rows.Scale(row));
    }

    /// <summary>How far the similarity of a row may be from its true cosine, by the bound of <see cref="Quantizer"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float ErrorOf(in RowScale row) => _scale.Error + (_codedNorm * row.Error) + Quantizer.Slack;

    /// <summary>Similarities of rows by their codes, in any order of memory.</summary>
    public void Similarities(ReadOnlySpan<int> numbers, Span<float> similarities)
    {
        byte** codes = stackalloc byte*[RowsMax];
        int* sums = stackalloc int[RowsMax];
        for (int i = 0; i < numbers.Length; i++)
        {
            codes[i] = rows.Codes(numbers[i]);
        }

        kernel.Dots(codes, numbers.Length, Codes, 0, quantizer.Length, sums);
        for (int i = 0; i < numbers.Length; i++)
        {
            similarities[i] = (sums[i] - _wholeShare) * rows.Scale(numbers[i]).Scale * _scale.Scale;
        }
    }

    /// <summary>
    /// Looks at the head of each row first and at the whole of those that may still reach the cut: what the tail can add at most is the product of
    /// the tails' norms. Offers those to the candidates.
    /// </summary>
    public void Scan(ReadOnlySpan<int> numbers, Candidates candidates)
    {
        byte** codes = stackalloc byte*[RowsMax];
        int* heads = stackalloc int[RowsMax];
        int* tails = stackalloc int[RowsMax];
        int* left = stackalloc int[RowsMax];
        for (int i = 0; i < numbers.Length; i++)
        {
            codes[i] = rows.Codes(numbers[i]);
        }

        kernel.Dots(codes, numbers.Length, Codes, 0, quantizer.HeadLength, heads);
        int count = 0;
        for (int i = 0; i < numbers.Length; i++)
        {
            ref RowScale scale = ref rows.Scale(numbers[i]);
            float most = ((heads[i] - _headShare) * scale.Scale * _scale.Scale) + (scale.TailNorm * _scale.TailNorm) + ErrorOf(scale);
            if (most >= candidates.Cut)
            {
                codes[count] = codes[i];
                heads[count] = heads[i];
                left[count++] = numbers[i];
            }
        }

        kernel.Dots(codes, count, Codes, quantizer.HeadLength, quantizer.Length - quantizer.HeadLength, tails);
        for (int i = 0; i < count; i++)
        {
            ref RowScale scale = ref rows.Scale(left[i]);
            candidates.Offer(left[i], (heads[i] + tails[i] - _wholeShare) * scale.Scale * _scale.Scale, ErrorOf(scale));
        }
    }

    private sbyte* Codes => (sbyte*)Unsafe.AsPointer(ref _codes[0]);

    private void Took(in RowScale scale)
    {
        _scale = scale;

        // The coded vector is no longer than the vector and its error.
        _codedNorm = scale.Scale > 0 ? 1 + scale.Error : 0;
        _headShare = 128 * Sum(0, quantizer.HeadLength);
        _wholeShare = _headShare + (128 * Sum(quantizer.HeadLength, quantizer.Length));
    }

    private int Sum(int from, int to)
    {
        Vector256<short> sum = default;
        for (int i = from; i < to; i += 32)
        {
            // At most 128 additions of two bytes to each lane: no overflow up to 8,192 components.
            (Vector256<short> low, Vector256<short> high) = Vector256.Widen(Vector256.Load(Codes + i));
            sum += low + high;
        }

        (Vector256<int> a, Vector256<int> b) = Vector256.Widen(sum);
        return Vector256.Sum(a + b);
    }
}
