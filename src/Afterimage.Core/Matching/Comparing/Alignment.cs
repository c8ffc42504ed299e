using Afterimage.Matching.Reading;

namespace Afterimage.Matching.Comparing;

/// <summary>Which word of one prompt stands for which of the other.</summary>
internal sealed class Alignment
{
    public Alignment(IReadOnlyList<Word> a, IReadOnlyList<Word> b)
    {
        (A, B) = (a, b);
        ToB = new int[a.Count];
        ToA = new int[b.Count];
        OfA = new Match[a.Count];
        OfB = new Match[b.Count];
        Array.Fill(ToB, -1);
        Array.Fill(ToA, -1);
    }

    public IReadOnlyList<Word> A { get; }

    public IReadOnlyList<Word> B { get; }

    /// <summary>For each word of A its partner in B, or -1. Several words may share a partner ("close up", "closeup").</summary>
    public int[] ToB { get; }

    public int[] ToA { get; }

    public Match[] OfA { get; }

    public Match[] OfB { get; }

    public void Join(int a, int b, Match match)
    {
        if (ToB[a] < 0)
        {
            ToB[a] = b;
            OfA[a] = match;
        }

        if (ToA[b] < 0)
        {
            ToA[b] = a;
            OfB[b] = match;
        }
    }
}
