namespace Afterimage.Matching.Reading;

/// <summary>Politeness and requests around the prompt itself: "please generate an image of ..." asks for the same picture as what follows it.</summary>
internal static class Framing
{
    private static readonly HashSet<string> Polite = Set("please kindly pls plz hey hi hello");
    private static readonly HashSet<string> Makers = Set("generate create make produce render give show draw design visualize imagine get prepare");
    private static readonly HashSet<string> Helpers = Set("can could would will you i we id we'd i'd want need wanna like love to see have us me just");
    private static readonly HashSet<string> Pictures = Set("image picture pic");
    private static readonly HashSet<string> Openers = Set("of showing depicting featuring with that where");
    private static readonly HashSet<string> Thanks = Set("please thanks thank you pls plz");

    /// <summary>Marks framing at both ends as function words.</summary>
    public static void Strip(List<Word> words)
    {
        int end = words.Count;
        while (end > 1 && (words[end - 1].Kind == WordKind.Break || Thanks.Contains(words[end - 1].Text)) && !words[end - 1].Quoted)
        {
            end--;
        }

        bool politeEnd = end < words.Count && words[end..].Exists(w => w.Text is "please" or "thanks" or "thank" or "pls" or "plz");
        int start = Opening(words, end);
        for (int i = 0; i < words.Count; i++)
        {
            if ((i < start || (i >= end && politeEnd)) && words[i].Kind != WordKind.Break)
            {
                words[i].Kind = WordKind.Function;
                words[i].Tag = Tag.Auxiliary;
                words[i].Place = Place.None;
                words[i].Weight = 0;
            }
        }
    }

    // How many words at the beginning are framing.
    private static int Opening(List<Word> words, int end)
    {
        int i = 0;
        bool helped = false;
        bool made = false;
        while (i < end)
        {
            string word = words[i].Text;
            if (Polite.Contains(word) || (words[i].Kind == WordKind.Break && i > 0 && (helped || made || Polite.Contains(words[i - 1].Text))))
            {
                i++;
            }
            else if (!made && Helpers.Contains(word) && (helped || word is "can" or "could" or "would" or "will" or "i" or "we" or "i'd" or "we'd") && AsksSoon(words, i, end))
            {
                helped = true;
                i++;
            }
            else if (!made && Makers.Contains(word) && (word is not ("draw" or "design" or "get" or "have") || helped))
            {
                made = true;
                i++;
            }
            else if ((made || helped) && word is "me" or "us" or "to" or "see" && (made || helped))
            {
                i++;
            }
            else
            {
                break;
            }
        }

        i = i < end ? i : 0;
        return Picture(words, i, end, made || helped);
    }

    // "I want", "can you make", "we would like to see": a wish within a few words.
    private static bool AsksSoon(List<Word> words, int at, int end)
    {
        for (int i = at; i < Math.Min(end, at + 5); i++)
        {
            if (words[i].Text is "want" or "need" or "wanna" || Makers.Contains(words[i].Text)
                || (words[i].Text is "like" or "love" && i > 0 && words[i - 1].Text is "would" or "i'd" or "we'd" or "d" && i > 0))
            {
                return true;
            }
        }

        return false;
    }

    private static int Picture(List<Word> words, int start, int end, bool asked)
    {
        int i = start;
        while (i < end && words[i].Text is "a" or "an" or "the" or "this" && i < end)
        {
            i++;
        }

        bool picture = i < end && Pictures.Contains(words[i].Text);
        if (picture && i + 2 < end && (words[i + 1].Text == "of" || (Openers.Contains(words[i + 1].Text) && asked)))
        {
            return words[i + 1].Text == "with" ? i + 1 : i + 2;
        }

        return start;
    }

    private static HashSet<string> Set(string words) => new(words.Split(' '), StringComparer.Ordinal);
}
