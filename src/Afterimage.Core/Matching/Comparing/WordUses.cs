using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>A word that both prompts have may do other work in each, and then asks for something else.</summary>
internal static class WordUses
{
    public static void Compare(PromptReading a, PromptReading b, Alignment alignment, Evidence evidence)
    {
        for (int i = 0; i < alignment.A.Count; i++)
        {
            int j = alignment.ToB[i];
            if (j < 0 || alignment.OfA[i].Likeness is not (Likeness.Same or Likeness.Lemma))
            {
                continue;
            }

            (Word x, Word y) = (alignment.A[i], alignment.B[j]);
            if (x.Text == y.Text && ((Names(a, i) && Describes(b, j, a, i)) || (Names(b, j) && Describes(a, i, b, j))))
            {
                evidence.Conflicts.Add(new Reason($"{x.Text} is a thing and a quality"));
            }
            else if (x.Text != y.Text && ((IsDone(a, i) && Does(b, j)) || (Does(a, i) && IsDone(b, j))))
            {
                evidence.Conflicts.Add(new Reason("under way and done", x.Text, y.Text));
            }
        }
    }

    // "an orange on a cat", but not "the skull of a human", which is a human skull, nor "who is a brunette".
    private static bool Names(PromptReading reading, int i) =>
        i > 0 && reading.Words[i].IsCommonNoun && reading.Words[i - 1].Tag is Tag.Determiner or Tag.Number && !(i > 1 && reading.Words[i - 2].Tag == Tag.Auxiliary)
        && reading.LinksOf(i).All(link => link.Kind != LinkKind.Modifier && !(link.Kind == LinkKind.Place && link.Place == Place.Of));

    // A noun describes too: a ruby slipper is not a slipper and a ruby.
    private static bool Describes(PromptReading reading, int i, PromptReading other, int named) =>
        StandsBefore(reading, i) && (reading.Words[i].Tag == Tag.Adjective || (reading.Words[i].IsCommonNoun && IsListed(other.Words, named)));

    private static bool IsListed(IReadOnlyList<Word> words, int i) => (i + 1 < words.Count && words[i + 1].Text == "and") || (i > 1 && words[i - 2].Text == "and");

    // "a boiled egg"
    private static bool IsDone(PromptReading reading, int i) =>
        reading.Words[i].Tag is Tag.Adjective or Tag.Participle && Has(reading.Words[i], Inflection.Past) && StandsBefore(reading, i);

    // "a boiling egg", "an egg boiling in a pot"; paintings and buildings are things and no longer under way.
    private static bool Does(PromptReading reading, int i)
    {
        Word word = reading.Words[i];
        return Has(word, Inflection.Ing) && (word.Tag is Tag.Adjective or Tag.Ing or Tag.Verb || (word.Tag == Tag.Noun && StandsBefore(reading, i) && !Taxonomy.Shared.IsPhysical(word.Lemma)));
    }

    private static bool Has(Word word, Inflection inflection) => Array.Exists(word.Forms, f => f.Pos == PartsOfSpeech.Verb && f.Inflection == inflection);

    private static bool StandsBefore(PromptReading reading, int i) => reading.LinksOf(i).Any(link => link.Kind == LinkKind.Modifier && link.Governors[0] > i);
}
