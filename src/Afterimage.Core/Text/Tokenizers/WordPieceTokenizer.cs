using System.Buffers;
using System.Globalization;
using System.Text;

namespace Afterimage.Text.Tokenizers;

/// <summary>
/// The tokenizer of BERT (contracts.md 5.5): added tokens, normaliser, words, then the longest pieces from the left. Gives the ids that Hugging Face's
/// JavaScript tokenizer gives, on any machine, with or without ICU. Any string is accepted. Allocates nothing per text. Thread-safe.
/// </summary>
public sealed class WordPieceTokenizer
{
    /// <summary>Text is normalised in blocks that end at a blank, so that a long text stops costing where its tokens are full.</summary>
    private const int BlockLength = 4096;

    private const byte Other = 0, Blank = 1, Punctuation = 2;

    private static readonly byte[] AsciiKinds = MakeAsciiKinds();

    private readonly WordPieceOptions _options;
    private readonly BertNormalizer _normalizer;
    private readonly AddedTokenFinder _rawTokens;
    private readonly AddedTokenFinder _normalizedTokens;
    private readonly PieceTrie _starts;
    private readonly PieceTrie _continuations;
    private readonly int _unknown, _start, _end;
    private readonly bool[] _isWord;

    /// <param name="vocabulary">Every token and its id.</param>
    /// <exception cref="InvalidDataException">The vocabulary lacks one of the tokens that <paramref name="options"/> names.</exception>
    public WordPieceTokenizer(IReadOnlyDictionary<string, int> vocabulary, WordPieceOptions? options = null)
    {
        _options = options ?? new WordPieceOptions();
        VocabularySize = vocabulary.Count == 0 ? 0 : vocabulary.Values.Max() + 1;
        _normalizer = new BertNormalizer(_options);
        _rawTokens = new AddedTokenFinder(_options.AddedTokens.Where(t => !t.Normalized).Select(t => (t.Content, t.Id)));
        _normalizedTokens = new AddedTokenFinder(_options.AddedTokens.Where(t => t.Normalized).Select(t => (_normalizer.Normalize(t.Content), t.Id)));
        string prefix = _options.ContinuationPrefix;
        _starts = new PieceTrie(vocabulary.Where(p => p.Key.Length > 0));
        _continuations = new PieceTrie(vocabulary.Where(p => p.Key.Length > prefix.Length && p.Key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(p => KeyValuePair.Create(p.Key[prefix.Length..], p.Value)));
        _unknown = IdOf(vocabulary, _options.UnknownToken);
        _start = IdOf(vocabulary, _options.StartToken);
        _end = IdOf(vocabulary, _options.EndToken);
        _isWord = new bool[VocabularySize];
        foreach ((string token, int id) in vocabulary)
        {
            _isWord[id] = token.EnumerateRunes().Any(Rune.IsLetterOrDigit);
        }

        foreach (string token in (string[])[_options.UnknownToken, _options.StartToken, _options.EndToken])
        {
            _isWord[vocabulary[token]] = false;
        }
    }

    /// <summary>One more than the largest id.</summary>
    public int VocabularySize { get; }

    /// <summary>
    /// Writes start token, pieces and end token of <paramref name="text"/>; as many pieces as <paramref name="ids"/> has room for (at least 2).
    /// Returns the number of ids.
    /// </summary>
    public int Encode(ReadOnlySpan<char> text, Span<int> ids)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ids.Length, 2);
        ids[0] = _start;
        int count = 1;
        Span<int> room = ids[..^1];
        char[] buffer = ArrayPool<char>.Shared.Rent(Math.Min(text.Length, BlockLength) * BertNormalizer.ExpansionMax);
        while (!text.IsEmpty && count < room.Length)
        {
            int length = 0, id = 0;
            int at = _rawTokens.IsEmpty ? -1 : _rawTokens.Find(text, out length, out id);
            EncodeSection(at < 0 ? text : text[..at], room, ref count, ref buffer);
            if (at < 0)
            {
                break;
            }

            Add(id, room, ref count);
            text = text[(at + length)..];
        }

        ArrayPool<char>.Shared.Return(buffer);
        ids[count++] = _end;
        return count;
    }

    /// <summary>The ids of a text, at most <paramref name="lengthMax"/>, start and end token included.</summary>
    public int[] Encode(string text, int lengthMax = int.MaxValue)
    {
        int[] ids = ArrayPool<int>.Shared.Rent((int)Math.Min(lengthMax, 2 + (long)text.Length * BertNormalizer.ExpansionMax));
        int count = Encode(text, ids.AsSpan(0, Math.Min(ids.Length, lengthMax)));
        int[] result = ids[..count];
        ArrayPool<int>.Shared.Return(ids);
        return result;
    }

    /// <summary>
    /// Whether any of the ids says something: a known piece with a letter or digit. Texts without one, such as those in a script that the vocabulary does
    /// not know, all get much the same vector and must not be compared by it.
    /// </summary>
    public bool HasWords(ReadOnlySpan<int> ids)
    {
        foreach (int id in ids)
        {
            if (_isWord[id])
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Text between added tokens.</summary>
    private void EncodeSection(ReadOnlySpan<char> section, Span<int> ids, ref int count, ref char[] buffer)
    {
        int from = 0;
        while (from < section.Length && count < ids.Length)
        {
            int to = _normalizedTokens.IsEmpty ? EndOfBlock(section, from) : section.Length;
            int needed = (to - from) * BertNormalizer.ExpansionMax;
            if (buffer.Length < needed)
            {
                ArrayPool<char>.Shared.Return(buffer);
                buffer = ArrayPool<char>.Shared.Rent(needed);
            }

            int length = _normalizer.Normalize(section, from, to, buffer);
            EncodeNormalized(buffer.AsSpan(0, length), ids, ref count);
            from = to;
        }
    }

    private static int EndOfBlock(ReadOnlySpan<char> section, int from)
    {
        if (section.Length - from <= BlockLength)
        {
            return section.Length;
        }

        int blank = section.Slice(from, BlockLength).LastIndexOf(' ');
        if (blank < 0)
        {
            int next = section[(from + BlockLength)..].IndexOf(' ');
            return next < 0 ? section.Length : from + BlockLength + next + 1;
        }

        return from + blank + 1;
    }

    private void EncodeNormalized(ReadOnlySpan<char> text, Span<int> ids, ref int count)
    {
        while (!_normalizedTokens.IsEmpty && _normalizedTokens.Find(text, out int length, out int id) is var at and >= 0)
        {
            EncodeWords(text[..at], ids, ref count);
            Add(id, ids, ref count);
            text = text[(at + length)..];
        }

        EncodeWords(text, ids, ref count);
    }

    private void EncodeWords(ReadOnlySpan<char> text, Span<int> ids, ref int count)
    {
        int wordStart = 0, i = 0;
        while (i < text.Length && count < ids.Length)
        {
            int length = 1;
            byte kind = text[i] < 128 ? AsciiKinds[text[i]] : KindAt(text, i, out length);
            if (kind != Other)
            {
                EncodeWord(text[wordStart..i], ids, ref count);
                if (kind == Punctuation)
                {
                    EncodeWord(text.Slice(i, length), ids, ref count);
                }

                wordStart = i + length;
            }

            i += length;
        }

        if (count < ids.Length)
        {
            EncodeWord(text[wordStart..], ids, ref count);
        }
    }

    private void EncodeWord(ReadOnlySpan<char> word, Span<int> ids, ref int count)
    {
        if (word.IsEmpty)
        {
            return;
        }

        int before = count;
        if (word.Length > _options.WordCodePointsMax && CodePoints(word) > _options.WordCodePointsMax)
        {
            Add(_unknown, ids, ref count);
            return;
        }

        PieceTrie trie = _starts;
        while (!word.IsEmpty)
        {
            int id = trie.LongestPrefix(word, out int length);
            if (id < 0)
            {
                // A word with a part that no piece covers is unknown as a whole.
                count = before;
                Add(_unknown, ids, ref count);
                return;
            }

            Add(id, ids, ref count);
            word = word[length..];
            trie = _continuations;
        }
    }

    private static void Add(int id, Span<int> ids, ref int count)
    {
        if (count < ids.Length)
        {
            ids[count++] = id;
        }
    }

    private static byte KindAt(ReadOnlySpan<char> text, int index, out int length)
    {
        char c = text[index];
        length = 1;
        if (char.IsWhiteSpace(c))
        {
            return Blank;
        }

        int code = c;
        if (char.IsHighSurrogate(c) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        {
            code = char.ConvertToUtf32(c, text[index + 1]);
            length = 2;
        }

        return CharUnicodeInfo.GetUnicodeCategory(code) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation
            ? Punctuation : Other;
    }

    private static int CodePoints(ReadOnlySpan<char> word)
    {
        int count = 0;
        foreach (var _ in word.EnumerateRunes())
        {
            count++;
        }

        return count;
    }

    // Every printable ASCII character that is no letter or digit counts as punctuation, also those that Unicode calls symbols.
    private static byte[] MakeAsciiKinds()
    {
        byte[] kinds = new byte[128];
        for (char c = '\0'; c < 128; c++)
        {
            kinds[c] = char.IsWhiteSpace(c) ? Blank : c is > ' ' and < '\x7F' && !char.IsAsciiLetterOrDigit(c) ? Punctuation : Other;
        }

        return kinds;
    }

    private static int IdOf(IReadOnlyDictionary<string, int> vocabulary, string token) =>
        vocabulary.TryGetValue(token, out int id) ? id : throw new InvalidDataException($"the vocabulary has no token {token}");
}
