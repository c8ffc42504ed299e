using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>
/// Finds for each content word its partner: equal words and lemmas first, with the neighbourhood deciding between several; then compounds and
/// definitions; then what is left by meaning and spelling, the safest pairs first.
/// </summary>
internal static class Aligner
{
    private const int LeftoversMax = 40;
    private const int CandidatesMax = 16;

    public static Alignment Align(WordLexicon lexicon, PromptReading readingA, PromptReading readingB)
    {
        (IReadOnlyList<Word> a, IReadOnlyList<Word> b) = (readingA.Words, readingB.Words);
        var alignment = new Alignment(a, b);
        AlignEqual(alignment);
        List<int> restA = Rest(a, alignment.ToB);
        List<int> restB = Rest(b, alignment.ToA);
        if (restA.Count == 0 && restB.Count == 0)
        {
            return alignment;
        }

        ExpressionAligner.Align(readingA, readingB, alignment);
        Compounds.Align(lexicon, alignment);
        restA = Rest(a, alignment.ToB);
        restB = Rest(b, alignment.ToA);
        if (restA.Count <= LeftoversMax && restB.Count <= LeftoversMax)
        {
            AlignLeftovers(lexicon, alignment, restA, restB);
        }

        return alignment;
    }

    private static List<int> Rest(IReadOnlyList<Word> words, int[] partners)
    {
        var rest = new List<int>();
        for (int i = 0; i < words.Count; i++)
        {
            if (words[i].IsContent && partners[i] < 0)
            {
                rest.Add(i);
            }
        }

        return rest;
    }

    private static void AlignEqual(Alignment alignment)
    {
        var byKey = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        var byLemma = new Dictionary<int, List<int>>();
        for (int j = 0; j < alignment.B.Count; j++)
        {
            Word word = alignment.B[j];
            if (!word.IsContent)
            {
                continue;
            }

            Put(byKey, KeyOf(word), j);
            foreach (WordForm form in word.Quoted ? [] : word.Forms)
            {
                Put(byLemma, form.Lemma, j);
            }
        }

        var candidates = new List<(int A, int B, float Score)>();
        for (int i = 0; i < alignment.A.Count; i++)
        {
            Collect(alignment, i, byKey, byLemma, candidates);
        }

        Assign(alignment, candidates);
    }

    private static string KeyOf(Word word) => word.Kind == WordKind.Number ? word.Ordinal ?? $"#{word.Value}" : word.Text;

    private static void Put<T>(Dictionary<T, List<int>> lists, T key, int value)
        where T : notnull
    {
        if (!lists.TryGetValue(key, out List<int>? list))
        {
            lists[key] = list = [];
        }

        if (list.Count == 0 || list[^1] != value)
        {
            list.Add(value);
        }
    }

    private static void Collect(
        Alignment alignment, int i, Dictionary<string, List<int>> byKey, Dictionary<int, List<int>> byLemma, List<(int, int, float)> candidates)
    {
        Word word = alignment.A[i];
        if (!word.IsContent)
        {
            return;
        }

        if (byKey.TryGetValue(KeyOf(word), out List<int>? same))
        {
            foreach (int j in Nearest(alignment, i, same))
            {
                candidates.Add((i, j, 2 + Neighbourhood(alignment, i, j)));
            }
        }

        foreach (WordForm form in word.Quoted ? [] : word.Forms)
        {
            if (!byLemma.TryGetValue(form.Lemma, out List<int>? list))
            {
                continue;
            }

            foreach (int j in Nearest(alignment, i, list))
            {
                Word other = alignment.B[j];
                if (other.Text != word.Text && WordComparer.SharesLemma(word, other, out float strength))
                {
                    candidates.Add((i, j, 1 + strength + Neighbourhood(alignment, i, j) - (word.Tag == other.Tag ? 0 : 0.2f)));
                }
            }
        }
    }

    // Of very many equal words only those around the same place are weighed: the cost stays linear for prompts that repeat one word.
    private static List<int> Nearest(Alignment alignment, int i, List<int> places)
    {
        if (places.Count <= CandidatesMax)
        {
            return places;
        }

        int here = (int)((long)i * alignment.B.Count / Math.Max(1, alignment.A.Count));
        int at = places.BinarySearch(here);
        at = Math.Clamp((at < 0 ? ~at : at) - (CandidatesMax / 2), 0, places.Count - CandidatesMax);
        return places.GetRange(at, CandidatesMax);
    }

    // Equal words before and after, and nearly the same place, make a pair likelier than another of the same word.
    private static float Neighbourhood(Alignment alignment, int i, int j)
    {
        float score = alignment.A[i].PhraseKey == alignment.B[j].PhraseKey ? 4 : 0;
        int x = i;
        int y = j;
        for (int step = 0; step < 2 && Previous(alignment.A, ref x) && Previous(alignment.B, ref y); step++)
        {
            score += Agree(alignment, i, j, x, y) ? 0.5f : 0;
        }

        (x, y) = (i, j);
        for (int step = 0; step < 2 && Next(alignment.A, ref x) && Next(alignment.B, ref y); step++)
        {
            score += Agree(alignment, i, j, x, y) ? 0.5f : 0;
        }

        float place = Math.Abs(((float)i / alignment.A.Count) - ((float)j / alignment.B.Count));
        return score - (0.3f * place);
    }

    // Phrases between commas may come in any order, so a neighbour counts for less across one.
    private static bool Agree(Alignment alignment, int i, int j, int x, int y) =>
        alignment.A[x].Text == alignment.B[y].Text && alignment.A[x].Phrase == alignment.A[i].Phrase && alignment.B[y].Phrase == alignment.B[j].Phrase;

    private static bool Previous(IReadOnlyList<Word> words, ref int at)
    {
        do
        {
            at--;
        }
        while (at >= 0 && !words[at].IsContent);
        return at >= 0;
    }

    private static bool Next(IReadOnlyList<Word> words, ref int at)
    {
        do
        {
            at++;
        }
        while (at < words.Count && !words[at].IsContent);
        return at < words.Count;
    }

    private static void Assign(Alignment alignment, List<(int A, int B, float Score)> candidates)
    {
        candidates.Sort((x, y) => y.Score != x.Score ? y.Score.CompareTo(x.Score) : (x.A != y.A ? x.A.CompareTo(y.A) : x.B.CompareTo(y.B)));
        foreach ((int i, int j, _) in candidates)
        {
            if (alignment.ToB[i] < 0 && alignment.ToA[j] < 0)
            {
                bool same = KeyOf(alignment.A[i]) == KeyOf(alignment.B[j]);
                float strength = 1;
                _ = !same && WordComparer.SharesLemma(alignment.A[i], alignment.B[j], out strength);
                alignment.Join(i, j, new Match(same ? Likeness.Same : Likeness.Lemma, strength));
            }
        }
    }

    private static void AlignLeftovers(WordLexicon lexicon, Alignment alignment, List<int> restA, List<int> restB)
    {
        var candidates = new List<(int A, int B, Match Match, float Score)>();
        foreach (int i in restA)
        {
            foreach (int j in restB)
            {
                Match match = WordComparer.Compare(lexicon, alignment.A[i], alignment.B[j]);
                if (match.Strength > 0)
                {
                    candidates.Add((i, j, match, match.Strength + (0.2f * Neighbourhood(alignment, i, j))));
                }
            }
        }

        candidates.Sort((x, y) => y.Score != x.Score ? y.Score.CompareTo(x.Score) : (x.A != y.A ? x.A.CompareTo(y.A) : x.B.CompareTo(y.B)));
        foreach ((int i, int j, Match match, _) in candidates)
        {
            if (alignment.ToB[i] < 0 && alignment.ToA[j] < 0)
            {
                alignment.Join(i, j, match);
            }
        }
    }
}
