using Afterimage.Matching.Reading;

namespace Afterimage.Matching;

/// <summary>A prompt as the matcher understands it: read once, judged against several candidates. Immutable.</summary>
public sealed partial class PromptReading
{
    private readonly int[][] _linksOf;

    private PromptReading(string text)
    {
        Text = text;
        (Tokens tokens, Links) = PromptReader.Read(text);
        Words = tokens.Words;
        Directives = [.. tokens.Directives.Order(StringComparer.Ordinal)];
        Rest = tokens.Rest;
        _linksOf = new int[Words.Count][];
        for (int i = 0; i < Links.Length; i++)
        {
            ref int[] row = ref _linksOf[Links[i].Dependent];
            row = row is null ? [i] : [.. row, i];
        }

        ContentCount = Words.Count(w => w.IsContent);
    }

    /// <summary>The prompt as it was asked.</summary>
    public string Text { get; }

    internal IReadOnlyList<Word> Words { get; }

    internal Link[] Links { get; }

    /// <summary>What steers the service, in a fixed order.</summary>
    internal string[] Directives { get; }

    /// <summary>Text beyond the words that were read.</summary>
    internal string Rest { get; }

    internal int ContentCount { get; }

    /// <summary>Reads a prompt. Never throws, whatever the text.</summary>
    public static PromptReading Of(string prompt) => new(prompt);

    /// <summary>The ties whose dependent is the word at a position.</summary>
    internal IEnumerable<Link> LinksOf(int dependent)
    {
        foreach (int link in _linksOf[dependent] ?? [])
        {
            yield return Links[link];
        }
    }
}
