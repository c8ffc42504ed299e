using Afterimage.Text.Tokenizers;

namespace Afterimage.Text.Bert;

/// <summary>One request's texts as token ids, and where their vectors come when they are there. The caller's memory is touched only by the caller.</summary>
internal sealed class WaitingTexts
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private float[] _vectors = [];
    private readonly CancellationToken _cancellationToken;
    private int _offset;

    public WaitingTexts(IReadOnlyList<string> texts, WordPieceTokenizer tokenizer, int tokensMax, CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        int[][] ids = new int[texts.Count][];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = tokenizer.Encode(texts[i], tokensMax);
        }

        Ids = ids.Length == 1 ? ids[0] : [.. ids.SelectMany(i => i)];
        Lengths = [.. ids.Select(i => i.Length)];
    }

    public int[] Ids { get; }

    public int[] Lengths { get; }

    /// <summary>Whether nobody waits for the vectors any more.</summary>
    public bool IsGivenUp => _cancellationToken.IsCancellationRequested;

    public Task Done => _done.Task;

    public void Complete(float[] vectors, int offset)
    {
        (_vectors, _offset) = (vectors, offset);
        _done.SetResult();
    }

    public void Fail(Exception fault) => _done.SetException(fault);

    /// <summary>The vectors; zero for texts without words. False where one is not finite, as of a model whose weights are not.</summary>
    public bool TryCopyTo(Span<float> destination, WordPieceTokenizer tokenizer, int dimensions)
    {
        ReadOnlySpan<float> vectors = _vectors.AsSpan(_offset, Lengths.Length * dimensions);
        if (!float.IsFinite(Sum(vectors)))
        {
            return false;
        }

        vectors.CopyTo(destination);
        ReadOnlySpan<int> ids = Ids;
        for (int i = 0; i < Lengths.Length; i++)
        {
            if (!tokenizer.HasWords(ids[..Lengths[i]]))
            {
                destination.Slice(i * dimensions, dimensions).Clear();
            }

            ids = ids[Lengths[i]..];
        }

        return true;
    }

    private static float Sum(ReadOnlySpan<float> values)
    {
        float sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        return sum;
    }
}
