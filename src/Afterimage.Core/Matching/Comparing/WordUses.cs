using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>A word that both prompts have may do other work in each, and then asks for something else.</summary>
internal static class WordUses
{
    // The verbs whose past is their base: a burst balloon.
    private static readonly HashSet<string> Unchanged = new(
        "bet bid burst bust cast cost cut fit hit hurt knit let put quit rid set shed shut slit spit split spread thrust upset wed wet".Split(' '), StringComparer.Ordinal);

    public static void Compare(PromptReading a, PromptReading b, Alignment alignment, Evidence evidence)
    {
        for (int i = 0; i < alignment.A.Count; i++)
        {
            if (alignment.ToB[i] is not (>= 0 and int j))
            {
                continue;
            }

            (Word x, Word y) = (alignment.A[i], alignment.B[j]);
            if (alignment.OfA[i].Likeness == Likeness.Derived)
            {
                if ((IsAct(a, i) && IsDone(b, j)) || (IsDone(a, i) && IsAct(b, j)))
                {
                    evidence.Conflicts.Add(new Reason("an act and its outcome", x.Text, y.Text));
                }
                else if ((IsStuff(a, i) && IsLike(b, j, x)) || (IsLike(a, i, y) && IsStuff(b, j)))
                {
                    evidence.Conflicts.Add(new Reason("made of it and like it", x.Text, y.Text));
                }
            }
            else if (alignment.OfA[i].Likeness is not (Likeness.Same or Likeness.Lemma))
            {
                continue;
            }
            else if (x.Text == y.Text && ((Names(a, i) && Describes(b, j, a, i)) || (Names(b, j) && Describes(a, i, b, j))))
            {
                evidence.Conflicts.Add(new Reason($"{x.Text} is a thing and a quality"));
            }
            else if (x.Text != y.Text && ((IsDone(a, i) && Does(b, j)) || (Does(a, i) && IsDone(b, j)) || OpenAlike(alignment, i, j)))
            {
                evidence.Conflicts.Add(new Reason("under way and done", x.Text, y.Text));
            }
        }
    }

    // "a painting monk", "a painted monk": before the same word, whatever the tagger made of the two. A painting portrait is a painted one.
    private static bool OpenAlike(Alignment alignment, int i, int j) =>
        Next(alignment.A, i) is var thing and >= 0 && alignment.ToB[thing] >= 0 && alignment.ToB[thing] == Next(alignment.B, j) && alignment.A[thing].IsContent && !LightWords.IsPicture(alignment.A[thing].Text)
        && OpensPhrase(alignment.A, i) && OpensPhrase(alignment.B, j)
        && ((Has(alignment.A[i], Inflection.Ing) && Has(alignment.B[j], Inflection.Past)) || (Has(alignment.A[i], Inflection.Past) && Has(alignment.B[j], Inflection.Ing)));

    // "a burnt-out barn"
    private static int Next(IReadOnlyList<Word> words, int i)
    {
        int next = i + 1 < words.Count && words[i + 1].Joined ? i + 2 : i + 1;
        return next < words.Count ? next : -1;
    }

    private static bool OpensPhrase(IReadOnlyList<Word> words, int i) => i == 0 || words[i - 1].Tag is Tag.Determiner or Tag.Number or Tag.Break;

    // "a demolition crane" demolishes, "a demolished crane" has been.
    private static bool IsAct(PromptReading reading, int i) => reading.Words[i].IsCommonNoun && StandsBefore(reading, i);

    // "an ice staircase", "an icy staircase"; rain and fog are nothing to build of, so that a rainy day is a rain day.
    private static bool IsStuff(PromptReading reading, int i) => reading.Words[i].IsCommonNoun && StandsBefore(reading, i) && Taxonomy.Shared.IsSubstance(reading.Words[i].Lemma);

    private static bool IsLike(PromptReading reading, int i, Word stuff) =>
        reading.Words[i] is { Tag: Tag.Adjective } word && word.Text.EndsWith('y') && !stuff.Text.EndsWith('y') && StandsBefore(reading, i);

    // "an orange on a cat", but not "the skull of a human", which is a human skull, nor "who is a brunette".
    private static bool Names(PromptReading reading, int i) =>
        i > 0 && reading.Words[i].IsCommonNoun && reading.Words[i - 1].Tag is Tag.Determiner or Tag.Number && !(i > 1 && reading.Words[i - 2].Tag == Tag.Auxiliary)
        && reading.LinksOf(i).All(link => link.Kind != LinkKind.Modifier && !(link.Kind == LinkKind.Place && link.Place == Place.Of));

    // A noun describes too: a ruby slipper is not a slipper and a ruby.
    private static bool Describes(PromptReading reading, int i, PromptReading other, int named) =>
        StandsBefore(reading, i) && (reading.Words[i].Tag == Tag.Adjective || (reading.Words[i].IsCommonNoun && IsListed(other.Words, named)));

    private static bool IsListed(IReadOnlyList<Word> words, int i) => (i + 1 < words.Count && words[i + 1].Text == "and") || (i > 1 && words[i - 2].Text == "and");

    // "a boiled egg", "the sun has set"
    private static bool IsDone(PromptReading reading, int i) =>
        Has(reading.Words[i], Inflection.Past) && ((reading.Words[i].Tag is Tag.Adjective or Tag.Participle && StandsBefore(reading, i)) || (i > 0 && reading.Words[i - 1].Text is "has" or "have" or "had"));

    // "a boiling egg", "an egg boiling in a pot"; an oil painting is oil painted.
    private static bool Does(PromptReading reading, int i)
    {
        Word word = reading.Words[i];
        return Has(word, Inflection.Ing) && (word.Tag is Tag.Adjective or Tag.Ing or Tag.Verb || (word.Tag == Tag.Noun && StandsBefore(reading, i) && !LightWords.IsMedium(word.Text)));
    }

    private static bool Has(Word word, Inflection inflection) =>
        Array.Exists(word.Forms, f => f.Pos == PartsOfSpeech.Verb && f.Inflection == inflection) || (inflection == Inflection.Past && Unchanged.Contains(word.Text));

    private static bool StandsBefore(PromptReading reading, int i) => reading.LinksOf(i).Any(link => link.Kind == LinkKind.Modifier && link.Governors[0] > i);
}
