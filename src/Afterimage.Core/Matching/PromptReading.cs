using Afterimage.Matching.Reading;

namespace Afterimage.Matching;

/// <summary>A prompt as the matcher understands it: read once, judged against several candidates. Immutable.</summary>
public sealed partial class PromptReading
{
    private readonly int[][] _linksOf;

    private PromptReading(string text, IReadOnlyDictionary<string, string>? respelt = null)
    {
        Text = text;
        (Tokens tokens, Links, Dangling, Expressions) = PromptReader.Read(text, respelt);
        Words = tokens.Words;
        Directives = [.. tokens.Directives.Order(StringComparer.Ordinal)];
        Rest = tokens.Rest;
        _linksOf = new int[Words.Count][];
        for (int i = 0; i < Links.Length; i++)
        {
            ref int[] row = ref _linksOf[Links[i].Dependent];
            row = row is null ? [i] : [.. row, i];
        }

        foreach (IGrouping<int, Word> phrase in Words.Where(w => w.IsContent).GroupBy(w => w.Phrase))
        {
            int hash = 17;
            foreach (char c in phrase.SelectMany(w => w.Text + " "))
            {
                hash = unchecked((hash * 31) + c);
            }

            foreach (Word word in phrase)
            {
                word.PhraseKey = hash;
            }
        }

        ContentCount = Words.Count(w => w.IsContent && !w.Praise);
        int known = Words.Count(w => w.Kind != WordKind.Break && (w.Kind != WordKind.Content || w.Forms.Length > 0));
        KnownShare = Words.Count == 0 ? 0 : (float)known / Words.Count(w => w.Kind != WordKind.Break);
    }

    /// <summary>The prompt as it was asked.</summary>
    public string Text { get; }

    internal IReadOnlyList<Word> Words { get; }

    internal Link[] Links { get; }

    /// <summary>Several words that mean one thing.</summary>
    internal Expression[] Expressions { get; }

    /// <summary>What steers the service, in a fixed order.</summary>
    internal string[] Directives { get; }

    /// <summary>Text beyond the words that were read.</summary>
    internal string Rest { get; }

    internal int ContentCount { get; }

    /// <summary>Prepositions without an object of their own.</summary>
    internal Word[] Dangling { get; }

    /// <summary>Share of the words that are English words, 0 to 1.</summary>
    internal float KnownShare { get; }

    /// <summary>Reads a prompt. Never throws, whatever the text.</summary>
    public static PromptReading Of(string prompt) => new(prompt);

    /// <summary>The same prompt read as if some of its words were written otherwise.</summary>
    internal PromptReading Respelt(IReadOnlyDictionary<string, string> respelt) => new(Text, respelt);

    /// <summary>The ties whose dependent is the word at a position.</summary>
    internal IEnumerable<Link> LinksOf(int dependent)
    {
        foreach (int link in _linksOf[dependent] ?? [])
        {
            yield return Links[link];
        }
    }
}
