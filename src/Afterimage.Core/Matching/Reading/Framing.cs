namespace Afterimage.Matching.Reading;

/// <summary>Politeness and requests around the prompt itself: "please generate an image of ..." asks for the same picture as what follows it.</summary>
internal static class Framing
{
    private static readonly HashSet<string> Polite = Set("please kindly pls plz hey hi hello ok okay so");
    private static readonly HashSet<string> Makers = Set("generate create make produce render give show draw design visualize imagine get prepare generating creating making provide deliver build compose");
    private static readonly HashSet<string> Helpers = Set("can could would will you i we id we'd i'd want need wanna like love to see have us me just let lets let's s d m looking for here is here's it should this that try using ai be so kind as");
    private static readonly HashSet<string> Pictures = Set("image picture pic depiction visual visualization rendition");
    private static readonly HashSet<string> Praise = Set("nice beautiful lovely great good cool amazing awesome stunning gorgeous perfect wonderful really very super high quality resolution detailed clear new single");
    private static readonly HashSet<string> Uses = Set("blog website article project presentation post page site wallpaper slideshow newsletter homepage portfolio class homework");
    private static readonly HashSet<string> Openers = Set("of showing depicting featuring with that where");
    private static readonly HashSet<string> Thanks = Set("please thanks thank you pls plz");

    /// <summary>Marks framing at both ends as function words.</summary>
    public static void Strip(List<Word> words)
    {
        int end = Closing(words);
        while (end > 1 && (words[end - 1].Kind == WordKind.Break || Thanks.Contains(words[end - 1].Text)) && !words[end - 1].Quoted)
        {
            end--;
        }

        bool politeEnd = end < words.Count && words[end..].Exists(w => w.Text is "please" or "thanks" or "thank" or "pls" or "plz" or "me" or "my" or "our");
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

    // "... for me", "... for my blog post": who wants it, not what is on it.
    private static int Closing(List<Word> words)
    {
        int end = words.Count;
        while (end > 1 && (words[end - 1].Kind == WordKind.Break || Thanks.Contains(words[end - 1].Text)) && !words[end - 1].Quoted)
        {
            end--;
        }

        if (end > 2 && words[end - 1].Text is "me" or "us" && words[end - 2].Text == "for")
        {
            return end - 2;
        }

        for (int length = 1; length <= 2 && end - length - 2 > 0; length++)
        {
            bool use = words[(end - length)..end].TrueForAll(w => Uses.Contains(w.Text) && !w.Quoted);
            if (use && words[end - length - 1].Text is "my" or "our" && words[end - length - 2].Text == "for")
            {
                return end - length - 2;
            }
        }

        return words.Count;
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
            else if (!made && Helpers.Contains(word) && (helped || word is "can" or "could" or "would" or "will" or "i" or "we" or "i'd" or "we'd" or "let" or "lets" or "looking" or "here" or "need" or "want") && AsksSoon(words, i, end))
            {
                helped = true;
                i++;
            }
            else if (!made && Makers.Contains(word) && (word is not ("draw" or "design" or "get" or "have") || helped || IsOrder(words, i, end)))
            {
                made = true;
                i++;
            }
            else if ((made || helped) && word is "me" or "us" or "to" or "see" or "is" or "'s" or "for" && (made || helped))
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

    // "Draw a cat", "please design a banner": an order, where "design studio" is none.
    private static bool IsOrder(List<Word> words, int at, int end) =>
        words[at].Text is "draw" or "design" && at + 1 < end && words[at + 1].Text is "a" or "an" or "the" or "me" or "us" or "some" or "one" or "two" or "three" or "four";

    // "I want", "can you make", "we would like to see": a wish within a few words.
    private static bool AsksSoon(List<Word> words, int at, int end)
    {
        for (int i = at; i < Math.Min(end, at + 5); i++)
        {
            if (words[i].Text is "want" or "need" or "wanna" or "looking" or "see" || (words[i].Text is "is" && i > 0 && words[i - 1].Text is "here" or "this" && i > at) || (words[i].Text == "'s" && i > at && words[i - 1].Text == "here") || Makers.Contains(words[i].Text)
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
        while (i < end && (words[i].Text is "a" or "an" or "the" or "this" || (words[i].Kind == WordKind.Break && i > start && LeadsToPicture(words, i, end)) || (Praise.Contains(words[i].Text) && LeadsToPicture(words, i, end))))
        {
            i++;
        }

        bool picture = i < end && Pictures.Contains(words[i].Text);
        if (picture && i + 3 < end && words[i + 1].Text is "that" or "which" && words[i + 2].Text is "shows" or "depicts" or "features" or "displays" && i + 3 < end)
        {
            return i + 3;
        }

        if (picture && i + 2 < end && (words[i + 1].Text is "of" or "showing" or "depicting" or "featuring" || (Openers.Contains(words[i + 1].Text) && asked)))
        {
            return words[i + 1].Text == "with" ? i + 1 : i + 2;
        }

        return start;
    }

    private static bool LeadsToPicture(List<Word> words, int at, int end)
    {
        int i = at;
        while (i < end && (Praise.Contains(words[i].Text) || words[i].Kind == WordKind.Break))
        {
            i++;
        }

        return i < end && Pictures.Contains(words[i].Text);
    }

    private static HashSet<string> Set(string words) => new(words.Split(' '), StringComparer.Ordinal);
}
