using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>
/// Compares two prompts whose words come in one order: then only the prepositions between them can change who stands where. Where the order
/// differs, <see cref="StructureComparer"/> has to look at the grammar.
/// </summary>
internal static class GapComparer
{
    /// <summary>True where the partners come in one order and no verb changed its voice or its compound.</summary>
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
            bool otherVoice = a.Text != b.Text && (a.Tag == Tag.Participle) != (b.Tag == Tag.Participle) && IsVerbal(a) && IsVerbal(b);

            // "a lemon-shaped tank", "a lemon shaped like a tank"
            bool goesOn = i + 1 < alignment.A.Count && alignment.ToB[i + 1] == j + 1;
            bool otherCompound = a.Joined != b.Joined && !goesOn && a.Tag == Tag.Participle && b.Tag == Tag.Participle;
            if (j < last || otherVoice || otherCompound)
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
        int startA = 0;
        int startB = 0;
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

            CompareJoints(alignment.A, startA, i, gapA, alignment.B, startB, until, gapB, evidence);
            bool makesCompound = !end && (IsCompound(alignment.A, startA, i) || IsCompound(alignment.B, startB, until));
            Word? before = startA > 0 ? alignment.A[startA - 1] : null;
            bool isBetweenNouns = makesCompound && before is { Tag: Tag.Noun } && alignment.B[startB - 1].Tag == Tag.Noun;
            (startA, startB) = (i + 1, until + 1);
            ComparePlaces(gapA, gapB, new Gap(before, end ? null : NounFrom(alignment.A, i), makesCompound, isBetweenNouns), evidence);
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

    // "his face is an egg", "his face in an egg"; "she holds a cat", "she and a cat".
    private static void CompareJoints(
        IReadOnlyList<Word> a, int fromA, int toA, List<Word> placesA, IReadOnlyList<Word> b, int fromB, int toB, List<Word> placesB, Evidence evidence)
    {
        if (Differ(a, fromA, toA, placesA, b, fromB, toB, placesB) || Differ(b, fromB, toB, placesB, a, fromA, toA, placesA))
        {
            evidence.PlacesDifferent++;
            evidence.Doubts.Add(new Reason("relation", Between(a, fromA, toA), Between(b, fromB, toB)));
        }
    }

    private static bool Differ(IReadOnlyList<Word> a, int fromA, int toA, List<Word> placesA, IReadOnlyList<Word> b, int fromB, int toB, List<Word> placesB)
    {
        // "a shield, sunbeams" names two things, "a shield of sunbeams" says what the one consists of; of a picture it says what it shows.
        if (fromA > 0 && toA - fromA == 1 && a[fromA].Kind == WordKind.Break && placesB.Exists(w => w.Text == "of") && a[fromA - 1].IsCommonNoun && !LightWords.IsPicture(a[fromA - 1].Text)
            && toA < a.Count && a[toA].IsCommonNoun)
        {
            return true;
        }

        // "a shark and an underwater drone" are two things, "a shark underwater drone" is one; so are silver and a fox, and a silver fox.
        if (fromA > 0 && toA - fromA == 2 && a[fromA].Text == "and" && a[fromA + 1].Text is "a" or "an" && toB == fromB && toB < b.Count
            && b[toB - 1] is { Tag: Tag.Noun or Tag.Adjective, Quoted: false, Forms.Length: > 0 })
        {
            return true;
        }

        // "a wizard's newt" has an owner, "a wizard newt" is one.
        if (fromA > 0 && toA - fromA == 1 && a[fromA].Text == "'s" && toB == fromB && toA < a.Count && Taxonomy.Shared.IsPerson(a[fromA - 1].Lemma)
            && NounFrom(a, toA) is { } owned && Taxonomy.Shared.IsBeing(owned.Lemma))
        {
            return true;
        }

        if (placesA.Count > 0 || placesB.Count == 0)
        {
            return false;
        }

        // "goodman, the joker" and "goodman and the joker" are two of them, "goodman as the joker" is one.
        if (placesB[0].Place == Place.As && (Has(a, fromA, toA, Tag.Break) || (toA > fromA && a[fromA].Text == "and")) && !Has(b, fromB, toB, Tag.Break))
        {
            return true;
        }

        bool equates = false;
        bool joins = false;
        bool offers = false;
        for (int i = fromA; i < toA; i++)
        {
            equates |= a[i].Text is "is" or "are" && i + 1 < a.Count && a[i + 1].Text is "a" or "an" or "the";
            joins |= a[i].Text == "and";
            offers |= a[i].Text == "or";
        }

        bool alsoJoins = false;
        for (int i = fromB; i < toB; i++)
        {
            alsoJoins |= b[i].Text == "and";
        }

        return (equates && placesB.Exists(w => Places.Of(w) is not (Place.As or Place.Like or Place.Of))) || (joins && !alsoJoins && placesB.Exists(w => LightWords.IsHandling(w.Text))) || offers;
    }

    private static bool Has(IReadOnlyList<Word> words, int from, int to, Tag tag)
    {
        for (int i = from; i < to; i++)
        {
            if (words[i].Tag == tag)
            {
                return true;
            }
        }

        return false;
    }

    private static string Between(IReadOnlyList<Word> words, int from, int to) => string.Join(' ', words.Skip(from).Take(to - from).Select(w => w.Text));

    /// <summary>Compares prepositions without object of their own ("on it", "looking up") where the order of words differs.</summary>
    public static void CompareDangling(PromptReading a, PromptReading b, Evidence evidence) =>
        ComparePlaces([.. a.Dangling], [.. b.Dangling], default, evidence);

    // The head of the phrase that begins here: "in the green grass".
    private static Word? NounFrom(IReadOnlyList<Word> words, int start)
    {
        int i = start;
        while (i + 1 < words.Count && words[i].Tag is Tag.Adjective or Tag.Noun && words[i + 1].Tag is Tag.Adjective or Tag.Noun)
        {
            i++;
        }

        return words[i].Tag == Tag.Noun ? words[i] : null;
    }

    // "a fox fur coat": with an article before them all, a row of nouns is one thing.
    private static bool IsRow(IReadOnlyList<Word> words, int first) => first > 0 && words[first - 1].Text is "a" or "an" && words[first].IsCommonNoun;

    // "flower head": one noun beside the other, and the second ends the phrase. Names beside each other make none.
    private static bool IsCompound(IReadOnlyList<Word> words, int from, int to) =>
        from == to && from > 0 && words[from - 1].IsCommonNoun && words[to].IsCommonNoun && (IsRow(words, from - 1) || !(to + 1 < words.Count && words[to + 1].Tag is Tag.Noun or Tag.Adjective));

    // "a flower on the head" is no flower head, a clown with a fish no clown fish; inside something the picture is another than of it from without; a photo on a desk shows no desk.
    private static bool TellsApart(Word lone, Gap gap) =>
        Places.SaysWhere(lone.Place) || lone.Text is "inside" or "inside of" or "indoors" || (lone.Place is Place.On or Place.In or Place.As && gap.MakesCompound)
        || (lone.Place == Place.On && gap.FollowsPicture) || (lone.Place == Place.Have && gap.IsBetweenNouns);

    // "a painting of Menzel", "a painting by Menzel": what it shows, who made it.
    private static bool AreMakerAndTopic(Word a, Word b, Gap gap) => (a.Place, b.Place) is (Place.Of, Place.By) or (Place.By, Place.Of) && gap.FollowsPicture;

    private static void ComparePlaces(List<Word> a, List<Word> b, Gap gap, Evidence evidence)
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
            PlaceAgreement agreement = AreMakerAndTopic(a[0], b[0], gap) ? PlaceAgreement.Different : Places.Compare(Places.Of(a[0]), Places.Of(b[0]), gap.At, gap.Before);
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
                // "holding a flower", "a flower": a hand more or less.
                evidence.PlacesLoose += LightWords.IsHandling(lone.Text) ? 1 : 0;
                continue;
            }

            if (TellsApart(lone, gap))
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

    /// <summary>What stands around the prepositions between two partners; the default is around nothing.</summary>
    /// <param name="Before">The partner before them, in A.</param>
    /// <param name="At">The head of the phrase behind them, in A.</param>
    /// <param name="MakesCompound">Whether one of the prompts has no word there and so names one thing with both partners.</param>
    /// <param name="IsBetweenNouns">Whether, then, the partner before is a noun in both.</param>
    private readonly record struct Gap(Word? Before, Word? At, bool MakesCompound, bool IsBetweenNouns)
    {
        public bool FollowsPicture => Before is not null && LightWords.IsPicture(Before.Text);
    }
}
