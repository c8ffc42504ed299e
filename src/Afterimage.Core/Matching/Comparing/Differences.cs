using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>Puts what is different into words for people, and says which differences cannot be the same picture.</summary>
internal static class Differences
{
    public static void Report(WordLexicon lexicon, Alignment alignment, Evidence evidence)
    {
        List<int> restA = Rest(alignment.A, alignment.ToB);
        List<int> restB = Rest(alignment.B, alignment.ToA);
        Pair(lexicon, alignment, restA, restB, evidence);
        Lone(alignment.A, restA, text => new Reason("", text), evidence);
        Lone(alignment.B, restB, text => new Reason("", null, text), evidence);
    }

    private static List<int> Rest(IReadOnlyList<Word> words, int[] partners)
    {
        var rest = new List<int>();
        for (int i = 0; i < words.Count; i++)
        {
            if (words[i].IsContent && partners[i] < 0 && words[i].Weight > 0)
            {
                rest.Add(i);
            }
        }

        return rest;
    }

    // Words without partner that exclude each other make one reason: "color: blue / grey".
    private static void Pair(WordLexicon lexicon, Alignment alignment, List<int> restA, List<int> restB, Evidence evidence)
    {
        for (int x = 0; x < restA.Count && x < 24; x++)
        {
            for (int y = 0; y < restB.Count && y < 24; y++)
            {
                Word a = alignment.A[restA[x]];
                Word b = alignment.B[restB[y]];
                if (Exclusion.Between(lexicon, a, b) is { } name)
                {
                    (Exclusion.IsHard(name) ? evidence.Conflicts : evidence.Doubts).Add(new Reason(name, a.Text, b.Text));
                    restA.RemoveAt(x--);
                    restB.RemoveAt(y);
                    break;
                }
            }
        }
    }

    private static void Lone(IReadOnlyList<Word> words, List<int> rest, Func<string, Reason> reason, Evidence evidence)
    {
        for (int k = 0; k < rest.Count;)
        {
            int end = k + 1;
            while (end < rest.Count && IsNext(words, rest[end - 1], rest[end]))
            {
                end++;
            }

            evidence.Doubts.Add(reason(string.Join(' ', rest[k..end].Select(i => words[i].Text))));
            k = end;
        }
    }

    // Nothing but articles and the like between them.
    private static bool IsNext(IReadOnlyList<Word> words, int from, int to)
    {
        for (int i = from + 1; i < to; i++)
        {
            if (words[i].Kind != WordKind.Function)
            {
                return false;
            }
        }

        return true;
    }
}
