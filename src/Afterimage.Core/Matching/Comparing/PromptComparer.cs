using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>Collects what speaks for and against two prompts asking for the same picture.</summary>
internal static class PromptComparer
{
    public static Evidence Compare(PromptReading a, PromptReading b)
    {
        WordLexicon lexicon = WordLexicon.Shared;
        var evidence = new Evidence();
        (a, b, evidence.Typos) = Respelling.Apply(a, b);
        Alignment alignment = Aligner.Align(lexicon, a, b);
        CompareSteering(a, b, evidence);
        var leftA = new Leftovers(alignment.A, alignment.ToB);
        var leftB = new Leftovers(alignment.B, alignment.ToA);
        Weigh(alignment.A, alignment.ToB, alignment.OfA, leftB, evidence);
        Weigh(alignment.B, alignment.ToA, alignment.OfB, leftA, evidence);
        (int rootA, int rootB) = (RootOf(a), RootOf(b));
        evidence.SubjectPluralChanged = rootA >= 0 && rootB >= 0 && alignment.ToB[rootA] == rootB && alignment.A[rootA].Plural is { } plural && alignment.B[rootB].Plural == !plural;
        ComparePairs(alignment, evidence);
        CompareNegations(alignment, evidence);
        Differences.Report(lexicon, alignment, evidence);
        evidence.SameOrder = GapComparer.IsSameOrder(alignment);
        if (evidence.SameOrder)
        {
            GapComparer.Compare(alignment, evidence);
        }
        else
        {
            StructureComparer.Compare(a, b, alignment, evidence);
            GapComparer.CompareDangling(a, b, evidence);
            evidence.RootChanged = rootA >= 0 && alignment.ToB[rootA] is int partner and >= 0 && partner != rootB;
        }

        return evidence;
    }

    private static void CompareSteering(PromptReading a, PromptReading b, Evidence evidence)
    {
        if (!a.Directives.AsSpan().SequenceEqual(b.Directives))
        {
            evidence.Conflicts.Add(new Reason("parameters", string.Join(' ', a.Directives), string.Join(' ', b.Directives)));
        }

        if (a.Rest != b.Rest)
        {
            evidence.Conflicts.Add(new Reason("text beyond the words that are read differs"));
        }

        if (a.ContentCount == 0 || b.ContentCount == 0)
        {
            evidence.Conflicts.Add(new Reason("no words to compare"));
        }
    }

    private static void Weigh(IReadOnlyList<Word> words, int[] partners, Match[] matches, Leftovers others, Evidence evidence)
    {
        for (int i = 0; i < words.Count; i++)
        {
            Word word = words[i];
            if (!word.IsContent)
            {
                continue;
            }

            evidence.Total += word.Weight;
            if (partners[i] >= 0)
            {
                evidence.Aligned += word.Weight * matches[i].Strength;
                Soften(word.Weight * (1 - matches[i].Strength), matches[i].Likeness, evidence);
                continue;
            }

            bool placed = i + 1 < words.Count && words[i + 1].Kind == WordKind.Relation;
            float weight = others.WeightOf(word, placed);
            switch (word.Tag)
            {
                case Tag.Noun:
                    evidence.Nouns += weight;
                    break;
                case Tag.Adjective:
                    evidence.Adjectives += weight;
                    break;
                case Tag.Verb or Tag.Ing or Tag.Participle:
                    evidence.Verbs += weight;
                    break;
                default:
                    evidence.Others += weight;
                    break;
            }
        }
    }

    private static void Soften(float lack, Likeness likeness, Evidence evidence)
    {
        switch (likeness)
        {
            case Likeness.Synonym or Likeness.Definition:
                evidence.Synonyms += lack;
                break;
            case Likeness.Similar:
                evidence.Neighbours += lack;
                break;
            case Likeness.Derived or Likeness.Lemma:
                evidence.Derived += lack;
                break;
            default:
                evidence.Typos += lack;
                break;
        }
    }

    // The first thing that the prompt names.
    private static int RootOf(PromptReading reading)
    {
        for (int i = 0; i < reading.Words.Count; i++)
        {
            if (reading.Words[i] is { Tag: Tag.Noun, IsContent: true, Weight: > 0.5f } && reading.LinksOf(i).All(l => l.Kind != LinkKind.Modifier))
            {
                return i;
            }
        }

        return -1;
    }

    private static void ComparePairs(Alignment alignment, Evidence evidence)
    {
        int more = 0;
        int fewer = 0;
        for (int i = 0; i < alignment.A.Count; i++)
        {
            int j = alignment.ToB[i];
            if (j < 0)
            {
                continue;
            }

            (Word a, Word b) = (alignment.A[i], alignment.B[j]);
            more += a.Plural == false && b.Plural == true ? 1 : 0;
            fewer += a.Plural == true && b.Plural == false ? 1 : 0;
            if (a.Tag == Tag.Noun && b.Tag == Tag.Noun && Amounts.Conflict(alignment.A, i, alignment.B, j))
            {
                evidence.Conflicts.Add(new Reason($"count of {a.Text}"));
            }

            if (a.Negated != b.Negated)
            {
                evidence.Conflicts.Add(new Reason($"negation: {a.Text}"));
            }

            if (Math.Abs(a.Emphasis - b.Emphasis) > 0.11f)
            {
                evidence.Conflicts.Add(new Reason($"emphasis of {a.Text}", $"{a.Emphasis:0.##}", $"{b.Emphasis:0.##}"));
            }
        }

        evidence.PluralChanges = more + fewer;
        if (more > 0 && fewer > 0)
        {
            evidence.Conflicts.Add(new Reason("one and several swapped"));
        }
    }

    private static string? NegationsOf(IReadOnlyList<Word> words) => words.FirstOrDefault(w => w.Negates)?.Text;

    private static void CompareNegations(Alignment alignment, Evidence evidence)
    {
        int a = alignment.A.Count(w => w.Negates);
        int b = alignment.B.Count(w => w.Negates);
        if (a != b && !evidence.Conflicts.Exists(c => c.What.StartsWith("negation", StringComparison.Ordinal)))
        {
            evidence.Conflicts.Add(new Reason("negation", NegationsOf(alignment.A), NegationsOf(alignment.B)));
        }
    }
}
