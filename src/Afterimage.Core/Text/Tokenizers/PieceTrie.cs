namespace Afterimage.Text.Tokenizers;

/// <summary>
/// The pieces of a vocabulary as a trie over UTF-16 units, for the longest prefix of a word that is a piece. Nodes are numbered breadth first, so
/// the children of a node are neighbours and a node needs only its character, its id and where its children start. Immutable.
/// </summary>
internal sealed class PieceTrie
{
    private readonly char[] _characters;
    private readonly int[] _ids;
    private readonly int[] _firstChildren;
    private readonly int[] _asciiRoots = new int[128];

    public PieceTrie(IEnumerable<KeyValuePair<string, int>> pieces)
    {
        KeyValuePair<string, int>[] sorted = [.. pieces.OrderBy(p => p.Key, StringComparer.Ordinal)];
        var characters = new List<char> { '\0' };
        var ids = new List<int> { -1 };
        var firstChildren = new List<int>();
        var spans = new List<(int From, int To, int Depth)> { (0, sorted.Length, 0) };
        for (int node = 0; node < spans.Count; node++)
        {
            (int from, int to, int depth) = spans[node];
            firstChildren.Add(characters.Count);
            if (from < to && sorted[from].Key.Length == depth)
            {
                ids[node] = sorted[from++].Value;
            }

            while (from < to)
            {
                char c = sorted[from].Key[depth];
                int end = from;
                while (end < to && sorted[end].Key[depth] == c)
                {
                    end++;
                }

                characters.Add(c);
                ids.Add(-1);
                spans.Add((from, end, depth + 1));
                from = end;
            }
        }

        firstChildren.Add(characters.Count);
        (_characters, _ids, _firstChildren) = ([.. characters], [.. ids], [.. firstChildren]);
        for (char c = '\0'; c < 128; c++)
        {
            _asciiRoots[c] = Search(0, c);
        }
    }

    /// <summary>The id of the longest piece that starts <paramref name="word"/>, or -1, and its length in UTF-16 units.</summary>
    public int LongestPrefix(ReadOnlySpan<char> word, out int length)
    {
        int id = -1;
        length = 0;
        if (word.IsEmpty)
        {
            return id;
        }

        int node = word[0] < 128 ? _asciiRoots[word[0]] : Search(0, word[0]);
        for (int i = 1; node > 0; i++)
        {
            if (_ids[node] >= 0)
            {
                (id, length) = (_ids[node], i);
            }

            if (i == word.Length)
            {
                break;
            }

            node = Search(node, word[i]);
        }

        return id;
    }

    /// <summary>The child of <paramref name="node"/> for <paramref name="c"/>, or 0.</summary>
    private int Search(int node, char c)
    {
        int from = _firstChildren[node], to = _firstChildren[node + 1];
        while (to - from > 8)
        {
            int middle = (from + to) >>> 1;
            if (_characters[middle] <= c)
            {
                from = middle;
            }
            else
            {
                to = middle;
            }
        }

        for (; from < to; from++)
        {
            if (_characters[from] == c)
            {
                return from;
            }
        }

        return 0;
    }
}
