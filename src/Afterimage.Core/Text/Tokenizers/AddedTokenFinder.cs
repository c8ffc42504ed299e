using System.Buffers;

namespace Afterimage.Text.Tokenizers;

/// <summary>Finds added tokens in text: the leftmost, and of those that start there the longest.</summary>
internal sealed class AddedTokenFinder
{
    private readonly (string Content, int Id)[] _tokens;
    private readonly SearchValues<char> _firstCharacters;

    public AddedTokenFinder(IEnumerable<(string Content, int Id)> tokens)
    {
        _tokens = [.. tokens.Where(t => t.Content.Length > 0).OrderByDescending(t => t.Content.Length)];
        _firstCharacters = SearchValues.Create([.. _tokens.Select(t => t.Content[0]).Distinct()]);
    }

    public bool IsEmpty => _tokens.Length == 0;

    /// <summary>Where the next token starts, its length and id; -1 where there is none.</summary>
    public int Find(ReadOnlySpan<char> text, out int length, out int id)
    {
        int from = 0;
        while (from < text.Length)
        {
            int at = text[from..].IndexOfAny(_firstCharacters);
            if (at < 0)
            {
                break;
            }

            at += from;
            foreach ((string content, int tokenId) in _tokens)
            {
                if (text[at..].StartsWith(content, StringComparison.Ordinal))
                {
                    (length, id) = (content.Length, tokenId);
                    return at;
                }
            }

            from = at + 1;
        }

        (length, id) = (0, 0);
        return -1;
    }
}
