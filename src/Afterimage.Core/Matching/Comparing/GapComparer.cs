using Afterimage.Matching.Reading;

namespace Afterimage.Matching.Comparing;

/// <summary>
/// Compares two prompts whose words come in one order: then only the prepositions between them can change who stands where. Where the order
/// differs, <see cref="StructureComparer"/> has to look at the grammar.
/// </summary>
internal static class GapComparer
{
    /// <summary>True where the partners come in one order and no verb changed its voice.</summary>
    public static bool IsSameOrder(Alignment alignment)
    {
        int last = -1;
        for (int i = 0; i < alignment.A.Count; i++)
        {
            int j = alignment.ToB[i];
            if (j < 0)
            {
                continue;
            }

            Word a = alignment.A[i];
            Word b = alignment.B[j];
            if (j < last || (a.Text != b.Text && (a.Tag == Tag.Participle) != (b.Tag == Tag.Participle) && IsVerbal(a) && IsVerbal(b)))
            {
                return false;
            }

            last = j;
        }

        return true;
    }

    private static bool IsVerbal(Word word) => word.Tag is Tag.Participle or Tag.Verb or Tag.Ing;

    /// <summary>Compares the prepositions of each gap.</summary>
    public static void Compare(Alignment alignment, Evidence evidence)
    {
        var gapA = new List<Word>();
        var gapB = new List<Word>();
        var loneA = new List<Word>();
        var loneB = new List<Word>();
        int j = 0;
        for (int i = 0; i <= alignment.A.Count; i++)
        {
            bool end = i == alignment.A.Count;
            if (!end && Places.Of(alignment.A[i]) != Place.None && alignment.ToB[i] < 0)
            {
                gapA.Add(alignment.A[i]);
            }

            if (!end && (!alignment.A[i].IsContent || alignment.ToB[i] < 0))
            {
                continue;
            }

            int until = end ? alignment.B.Count : alignment.ToB[i];
            for (; j < until; j++)
            {
                if (Places.Of(alignment.B[j]) != Place.None && alignment.ToA[j] < 0)
                {
                    gapB.Add(alignment.B[j]);
                }
            }

            ComparePlaces(gapA, gapB, evidence);
            loneA.AddRange(gapA);
            loneB.AddRange(gapB);
            gapA.Clear();
            gapB.Clear();
        }

        foreach (Word a in loneA)
        {
            if (loneB.Find(b => Places.Compare(Places.Of(a), Places.Of(b)) == PlaceAgreement.Opposite) is { } opposite)
            {
                evidence.Conflicts.Add(new Reason("place", a.Text, opposite.Text));
            }
        }
    }

    /// <summary>Compares prepositions without object of their own ("on it", "looking up") where the order of words differs.</summary>
    public static void CompareDangling(PromptReading a, PromptReading b, Evidence evidence) =>
        ComparePlaces([.. a.Dangling], [.. b.Dangling], evidence);

    private static void ComparePlaces(List<Word> a, List<Word> b, Evidence evidence)
    {
        for (int x = a.Count - 1; x >= 0; x--)
        {
            int same = b.FindIndex(w => Places.Of(w) == Places.Of(a[x]));
            if (same >= 0)
            {
                a.RemoveAt(x);
                b.RemoveAt(same);
            }
        }

        while (a.Count > 0 && b.Count > 0)
        {
            PlaceAgreement agreement = Places.Compare(Places.Of(a[0]), Places.Of(b[0]));
            var reason = new Reason("place", a[0].Text, b[0].Text);
            switch (agreement)
            {
                case PlaceAgreement.Opposite:
                    evidence.Conflicts.Add(reason);
                    break;
                case PlaceAgreement.Different:
                    evidence.PlacesDifferent++;
                    evidence.Doubts.Add(reason);
                    break;
                case PlaceAgreement.Loose:
                    evidence.PlacesLoose++;
                    evidence.Doubts.Add(reason);
                    break;
                default:
                    evidence.PlacesNear++;
                    break;
            }

            a.RemoveAt(0);
            b.RemoveAt(0);
        }

        foreach ((Word lone, bool left) in a.Select(w => (w, true)).Concat(b.Select(w => (w, false))))
        {
            if (lone.Kind != WordKind.Relation)
            {
                continue;
            }

            if (Places.SaysWhere(lone.Place))
            {
                evidence.PlacesDifferent++;
                evidence.Doubts.Add(left ? new Reason("", lone.Text) : new Reason("", null, lone.Text));
            }
            else
            {
                evidence.PlacesLone++;
            }
        }
    }
}
