namespace Afterimage.Matching.Reading;

/// <summary>
/// Marks that ask for a good picture without saying of what or how: "best quality, 8k, masterpiece". Everybody wants one; the picture of the prompt without
/// them will do. Words that change the look (rendered, cinematic, a site or an artist) are not among them.
/// </summary>
internal static class Quality
{
    private static readonly HashSet<string> Praise = new(
        "stunning beautiful amazing awesome gorgeous breathtaking incredible wonderful perfect excellent best detailed highly very ultra super extremely insanely incredibly hyper great good nice lovely fantastic intricate details sharp focus crisp superb outstanding exceptional magnificent splendid"
            .Split(' '), StringComparer.Ordinal);

    private static readonly string[][] Marks =
    [
        .. "4k|8k|16k|4 k|8 k|16 k|hd|uhd|full hd|ultra hd|hq|high quality|highest quality|best quality|top quality|good quality|great quality|super high quality|very high quality|ultra quality|high resolution|high res|hires|highres|ultra high resolution|high definition|masterpiece|award winning|best resolution|ultra high quality|high detail|no artifacts|no watermark|best possible quality|professional quality|highest resolution|maximum quality|premium quality|excellent quality|high fidelity|fine quality|absurdres"
            .Split('|').Select(mark => mark.Split(' ')).OrderByDescending(mark => mark.Length),
    ];

    /// <summary>Whether the word only praises where it stands alone or before a picture.</summary>
    public static bool IsPraise(string word) => Praise.Contains(word);

    /// <summary>Sets such marks aside.</summary>
    public static void Strip(List<Word> words)
    {
        StripPraise(words);
        for (int i = 0; i < words.Count; i++)
        {
            int length = MarkAt(words, i);
            for (int k = i; k < i + length; k++)
            {
                words[k].Kind = WordKind.Function;
                words[k].Tag = Tag.Auxiliary;
                words[k].Quality = true;
            }

            i += Math.Max(0, length - 1);
        }
    }

    // A phrase between commas that only praises: ", stunning, highly detailed,".
    private static void StripPraise(List<Word> words)
    {
        int start = 0;
        for (int end = 0; end <= words.Count; end++)
        {
            if (end < words.Count && words[end].Kind != WordKind.Break)
            {
                continue;
            }

            bool tag = start > 0 && end > start && end - start <= 3;
            for (int i = start; tag && i < end; i++)
            {
                tag = !words[i].Quoted && !words[i].Negated && Praise.Contains(words[i].Text);
            }

            for (int i = start; tag && i < end; i++)
            {
                words[i].Praise = true;
            }

            start = end + 1;
        }

        // "an amazing photo of ..."
        for (int i = words.Count - 2; i >= 0; i--)
        {
            bool praises = !words[i].Quoted && !words[i].Negated && Praise.Contains(words[i].Text);
            words[i].Praise |= praises && (words[i + 1].Praise || IsPicture(words[i + 1].Text));
        }
    }

    private static bool IsPicture(string word) => LightWords.IsPicture(word) || word is "illustration" or "render" or "rendering" or "close" or "closeup" or "shot" or "artwork" or "art" or "scene" or "view";

    private static int MarkAt(List<Word> words, int at)
    {
        if (words[at].Kind is not (WordKind.Content or WordKind.Number) || words[at].Quoted || words[at].Negated)
        {
            return 0;
        }

        foreach (string[] mark in Marks)
        {
            if (Matches(words, at, mark) && !IsThing(words, at + mark.Length))
            {
                return mark.Length;
            }
        }

        return at + 1 < words.Count && Praise.Contains(words[at].Text) && words[at + 1] is { Quoted: false, Text: "quality" or "resolution" or "definition" or "fidelity" } ? 2 : 0;
    }

    private static bool Matches(List<Word> words, int at, string[] mark)
    {
        for (int k = 0; k < mark.Length; k++)
        {
            if (at + k >= words.Count || words[at + k].Text != mark[k] || words[at + k].Quoted)
            {
                return false;
            }
        }

        return true;
    }

    // "a 4k television"
    private static bool IsThing(List<Word> words, int end) => end < words.Count && words[end].Text is "tv" or "television" or "monitor" or "screen" or "camera" or "display" or "projector";
}
