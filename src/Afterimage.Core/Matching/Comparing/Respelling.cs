using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>
/// Reads a prompt again with its typos put right, where the other prompt shows what was meant: a word that the lexicon does not know, one slip away
/// from a word over there. Reading again matters because a misspelt preposition or verb changes how the whole sentence is read.
/// </summary>
internal static class Respelling
{
    private const int UnknownMax = 24;
    private const float KnownShareMin = 0.5f;
    private const int PartMin = 4;
    private const int LongMin = 9;

    // 20 * log2(1 + 3 uses), as the lexicon counts.
    private const byte RareTagMax = 40;

    /// <summary>The two readings, respelt where needed, and how much was doubtful about it (0: nothing).</summary>
    public static (PromptReading A, PromptReading B, float Doubt) Apply(PromptReading a, PromptReading b)
    {
        bool english = IsEnglish(a) && IsEnglish(b);
        float doubt = 0;
        Dictionary<string, string>? respelt = Find(a, b, english, ref doubt);
        a = respelt is null ? a : a.Respelt(respelt);
        respelt = Find(b, a, english, ref doubt);
        b = respelt is null ? b : b.Respelt(respelt);
        return (a, b, doubt);
    }

    private static Dictionary<string, string>? Find(PromptReading reading, PromptReading other, bool english, ref float doubt)
    {
        Dictionary<string, string>? respelt = null;
        int unknown = 0;
        foreach (Word word in reading.Words)
        {
            bool rare = IsRare(word);
            if (!(rare || IsUnknown(word)) || respelt?.ContainsKey(word.Text) == true || Contains(other, word.Text) || ++unknown > UnknownMax)
            {
                continue;
            }

            string? best = null;
            float strength = 0;
            foreach (Word candidate in other.Words)
            {
                if (candidate.Kind is WordKind.Break or WordKind.Opaque || candidate.Quoted)
                {
                    continue;
                }

                foreach (string part in candidate.Text.Split(' '))
                {
                    float s = AreCompounds(word.Text, part) ? 0 : rare ? SlipFromCommon(word, part, candidate) : Spelling.TypoStrength(word.Text, part, IsOneAWord(word, part, candidate), english);
                    if (s > strength && Count(reading, part) < Count(other, part))
                    {
                        (best, strength) = (part, s);
                    }
                }
            }

            if (best is not null)
            {
                (respelt ??= new(StringComparer.Ordinal))[word.Text] = best;
                doubt += 1 - strength;
            }
        }

        return respelt;
    }

    // "by", "of", "the": no other language that is written like English has them.
    private static bool IsEnglish(PromptReading reading) =>
        reading.KnownShare >= KnownShareMin || reading.Words.Any(w => w.Text is "the" or "of" or "and" or "with" or "by" or "from" or "is" or "are" or "for");

    // A word of the dictionary that no text and no prompt uses ("sating") is likelier a slip of a common one ("seating").
    private static bool IsRare(Word word)
    {
        if (word is not { Kind: WordKind.Content, Quoted: false, Text.Length: >= 4 } || word.Forms.Length == 0 || Usage.IsKnown(word.Text))
        {
            return false;
        }

        WordLexicon lexicon = WordLexicon.Shared;
        foreach (WordForm form in word.Forms)
        {
            // A rook is a rook and a beaked mask a beaked one, however seldom texts speak of it, and nobody writes "topography" by a slip of the finger.
            if (form.Pos == PartsOfSpeech.Adjective || (form.Pos == PartsOfSpeech.Noun && (Taxonomy.Shared.IsPhysical(form.Lemma) || word.Text.Length >= LongMin)))
            {
                return false;
            }

            foreach (byte tag in lexicon.TagsOf(form.Lemma))
            {
                if (tag > RareTagMax)
                {
                    return false;
                }
            }
        }

        return true;
    }

    // Prompts are full of names that no dictionary has: where both are in use (ork, oak; yorke, york), neither is plainly a slip of the other.
    private static bool IsOneAWord(Word word, string part, Word candidate) => Usage.IsCommon(word.Text) != (!IsUnknown(candidate) || Usage.IsCommon(part));

    private static float SlipFromCommon(Word word, string part, Word candidate) =>
        candidate.Forms.Length > 0 && !word.Text.AsSpan().ContainsAnyInRange('0', '9') && Usage.IsCommon(part) && part.Length >= 4 && EditDistance.Of(word.Text, part, 1) == 1
            && !WordComparer.SharesLemma(word, candidate, out _) && !Prefixes.AreContrary(word.Text, part) ? 0.85f : 0;

    // "lakescape", "spiderwoman": two words written as one are meant, and no slip of "landscape" or "spiderman", which are such too.
    private static bool AreCompounds(string a, string b) =>
        a != b && IsCompound(a, a.Length < b.Length ? PartMin - 1 : PartMin) && IsCompound(b, b.Length < a.Length ? PartMin - 1 : PartMin);

    private static bool IsCompound(string word, int lastMin)
    {
        for (int i = PartMin; i <= word.Length - lastMin; i++)
        {
            if (IsWord(word[..i]) && IsWord(word[i..]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsWord(string part) => Usage.IsCommon(part) && WordLexicon.Shared.Find(part) >= 0;

    private static bool IsUnknown(Word word) => word is { Kind: WordKind.Content, Quoted: false, Forms.Length: 0 };

    private static bool Contains(PromptReading reading, string text) => reading.Words.Any(w => w.Text == text);

    private static int Count(PromptReading reading, string part) => reading.Words.Count(w => w.Text == part || w.Text.Split(' ').Contains(part));
}
