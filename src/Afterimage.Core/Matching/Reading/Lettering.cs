using System.Text.RegularExpressions;

namespace Afterimage.Matching.Reading;

/// <summary>Text to be drawn, and names of things, that are written in capitals instead of quotation marks: a sign with the word STOP, a pub called The Crooked Crown.</summary>
internal static partial class Lettering
{
    private const int CharsMax = 4096;

    /// <summary>The prompt with quotation marks around such text. A prompt without small letters, or a very long one, stays as it is.</summary>
    public static string Quote(string prompt)
    {
        if (prompt.Length > CharsMax || !prompt.AsSpan().ContainsAnyInRange('A', 'Z') || !prompt.AsSpan().ContainsAnyInRange('a', 'z'))
        {
            return prompt;
        }

        return Name().Replace(Cue().Replace(prompt, "$1 \"$2\""), "$1 \"$2\"");
    }

    /// <summary>Marks words behind "that says" as text to be drawn where something is there to be written on.</summary>
    public static void Mark(List<Word> words)
    {
        for (int i = 1; i + 1 < words.Count; i++)
        {
            bool colon = words[i + 1] is { Kind: WordKind.Break, Text: "," };
            bool cue = words[i].Text is "says" or "saying" or "reads" && !words[i].Quoted && (colon || HasSurface(words, i));
            int start = i + (colon ? 2 : 1);
            for (int k = start; cue && k < words.Count && k < start + QuotedMax && words[k].Kind != WordKind.Break; k++)
            {
                words[k].Quoted = true;
            }
        }
    }

    private const int QuotedMax = 6;
    private const int SurfaceReach = 5;

    private static bool HasSurface(List<Word> words, int cue)
    {
        for (int k = Math.Max(0, cue - SurfaceReach); k < cue; k++)
        {
            if (words[k].Text is "sign" or "signs" or "text" or "word" or "words" or "letters" or "lettering" or "shirt" or "banner" or "caption" or "poster" or "logo" or "label" or "title"
                or "billboard" or "bubble" or "placard" or "graffiti" or "plaque" or "sticker" or "cake" or "mug")
            {
                return true;
            }
        }

        return false;
    }

    [GeneratedRegex(@"\b((?:[Ww]ords?|[Tt]exts?|[Ss]ays|[Ss]aying|[Rr]eads|[Rr]eading|[Tt]itled|[Ll]abell?ed|[Ll]etters|[Ll]ettering|[Ss]logan|[Cc]aption|[Hh]eadline|[Ss]pells|[Ss]pelling|[Mm]arked|[Nn]amed)[:,]?) ([A-Z][A-Z0-9'&!?]+(?: (?:[A-Z0-9'&!?]{2,}|[0-9])){0,6})(?![\w:])", RegexOptions.CultureInvariant)]
    private static partial Regex Cue();

    [GeneratedRegex(@"\b((?:called|named|titled|entitled|dubbed|labell?ed|reading|reads|says|saying)[:,]?) (?!(?:A|An|The|I)\b(?! [A-Z]))([A-Z][\w'-]*(?: (?:(?:of|the|and|in|on|for|to|a|an) ){0,2}[A-Z][\w'-]*){0,6})(?![\w:])", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
