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
        WordUses.Compare(a, b, alignment, evidence);
        Sequences.Compare(alignment, evidence);
        CompareNegations(alignment, evidence);
        ComparePronouns(alignment, evidence);
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

        // Beside a single word no change is a trifle: "us", "among us"; "dreaming", "a dream".
        evidence.PlacesDifferent += Math.Min(a.ContentCount, b.ContentCount) <= 1 && (evidence.PlacesLone > 0 || ChangesForm(alignment)) ? 1 : 0;
        return evidence;
    }

    private static bool ChangesForm(Alignment alignment) =>
        Enumerable.Range(0, alignment.A.Count).Any(i => alignment.ToB[i] >= 0 && alignment.OfA[i].Likeness == Likeness.Lemma && alignment.A[i].Tag != alignment.B[alignment.ToB[i]].Tag);

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

            bool placed = i + 1 < words.Count && words[i + 1] is { Kind: WordKind.Relation, Place: not (Place.Up or Place.Down) } && !TakesPose(words, i);
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

    // A person in the snow stands there, so that "sitting" is news; on a bench it is not.
    private static bool TakesPose(IReadOnlyList<Word> words, int posture)
    {
        if (!LightWords.IsLowPosture(words[posture].Text))
        {
            return false;
        }

        int who = posture - 1;
        while (who >= 0 && !(words[who].Tag == Tag.Noun && (words[who].Forms.Length == 0 || Taxonomy.Shared.IsBeing(words[who].Lemma))))
        {
            who--;
        }

        int where = posture + 1;
        while (where + 1 < words.Count && (words[where].Tag != Tag.Noun || words[where + 1].Tag == Tag.Noun) && words[where].Tag != Tag.Break)
        {
            where++;
        }

        return who >= 0 && (words[who].Forms.Length == 0 || Taxonomy.Shared.IsPerson(words[who].Lemma)) && where < words.Count && !Taxonomy.Shared.IsSeat(words[where].Lemma);
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

    /// <summary>The position of the first thing that the prompt names, or -1.</summary>
    public static int RootOf(PromptReading reading)
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
            if (PluralOf(a, b) is { } plural && PluralOf(b, a) == !plural && !(Amounts.AreSeveral(alignment.A, i) && Amounts.AreSeveral(alignment.B, j)))
            {
                more += plural ? 0 : 1;
                fewer += plural ? 1 : 0;
                evidence.BeingsPluralChanged |= IsBeing(a) && IsBeing(b);

                // Taken for a verb it stands behind what then passes for the subject, which it may be itself.
                evidence.SubjectPluralChanged |= a.Plural is null || b.Plural is null;
                if (alignment.OfA[i].Likeness == Likeness.Lemma && (IsWordOfItsOwn(a, b) || IsWordOfItsOwn(b, a)))
                {
                    evidence.Conflicts.Add(new Reason("one of them is no plural of the other", a.Text, b.Text));
                }
                else if (Taxonomy.Shared.IsBodyPart(a.Lemma) && Taxonomy.Shared.IsBodyPart(b.Lemma))
                {
                    evidence.Conflicts.Add(new Reason("one and both", a.Text, b.Text));
                }
            }

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

    // "oak leaf on a path", "oak leaves on a path": a verb that could be the other's plural is one.
    private static bool? PluralOf(Word word, Word other) =>
        word.Plural ?? (word.Tag is Tag.Verb && other.Tag == Tag.Noun && Array.Exists(word.Forms, f => f is { Pos: PartsOfSpeech.Noun, Inflection: Inflection.Plural } && f.Lemma == other.Lemma) ? true : null);

    // "his glass", "his glasses"; "in a trunk", "in trunks"
    private static bool IsWordOfItsOwn(Word plural, Word other) =>
        Array.Exists(plural.Forms, f => f is { Pos: PartsOfSpeech.Noun, Inflection: Inflection.None } && !Array.Exists(other.Forms, o => o.Lemma == f.Lemma));

    // "the hero with his sword", "the hero with her sword": where nothing else tells, the pronoun says who is seen.
    private static void ComparePronouns(Alignment alignment, Evidence evidence)
    {
        (string? heA, string? sheA) = PronounsOf(alignment.A);
        (string? heB, string? sheB) = PronounsOf(alignment.B);
        if (heA is not null && sheA is null && heB is null && sheB is not null)
        {
            evidence.Conflicts.Add(new Reason("gender", heA, sheB));
        }
        else if (heA is null && sheA is not null && heB is not null && sheB is null)
        {
            evidence.Conflicts.Add(new Reason("gender", sheA, heB));
        }

        // "shaving him", "shaving himself"
        if (Reflexive(alignment.A) is var a && Reflexive(alignment.B) is var b && (a is null) != (b is null) && ((a is null ? heA ?? sheA : heB ?? sheB) is "him" or "her"))
        {
            evidence.Conflicts.Add(new Reason("to whom", a, b));
        }
    }

    private static string? Reflexive(IReadOnlyList<Word> words) => words.FirstOrDefault(w => !w.Quoted && w.Text is "himself" or "herself" or "itself" or "themselves")?.Text;

    private static (string? He, string? She) PronounsOf(IReadOnlyList<Word> words) =>
        (words.FirstOrDefault(w => !w.Quoted && w.Text is "he" or "him" or "his" or "himself")?.Text, words.FirstOrDefault(w => !w.Quoted && w.Text is "she" or "her" or "hers" or "herself")?.Text);

    // One or several of them change a picture more than one or several flowers do.
    private static bool IsBeing(Word word) => word is { Tag: Tag.Noun, Collective: false } && Taxonomy.Shared.IsBeing(word.Lemma);

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
