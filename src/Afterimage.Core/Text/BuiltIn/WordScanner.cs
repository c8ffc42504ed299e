using System.Buffers;
using System.Globalization;
using System.Text;

namespace Afterimage.Text.BuiltIn;

/// <summary>
/// Walks over the words of a prompt without allocating: lower-cased runs of letters, digits and marks of any script. Scripts without spaces
/// (Chinese, Japanese, Thai ...) give every character and every pair of neighbours. Punctuation, spaces and lone surrogates separate; invisible
/// format characters (zero-width joiners, soft hyphens) do not.
/// </summary>
internal ref struct WordScanner
{
    /// <summary>UTF-16 units of the longest word; a longer run is cut into pieces of this length.</summary>
    public const int WordLengthMax = 48;

    private readonly ReadOnlySpan<char> _text;
    private readonly Span<char> _buffer;
    private int _position;
    private int _length;
    private int _pairStart = -1;

    /// <param name="text">The prompt.</param>
    /// <param name="buffer">Room for one word: at least <see cref="WordLengthMax"/> + 2 characters.</param>
    public WordScanner(ReadOnlySpan<char> text, Span<char> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, WordLengthMax + 2);
        _text = text;
        _buffer = buffer;
    }

    /// <summary>The word found last, in the caller's buffer: valid until the next <see cref="MoveNext"/>.</summary>
    public readonly ReadOnlySpan<char> Word => _buffer[.._length];

    public WordKind Kind { get; private set; }

    /// <summary>Goes to the next word; false at the end.</summary>
    public bool MoveNext()
    {
        if (_pairStart >= 0 && TryPair())
        {
            return true;
        }

        _length = 0;
        while (_position < _text.Length)
        {
            int used = Read(_position, out Rune rune, out RuneClass kind);
            switch (kind)
            {
                case RuneClass.Letter:
                case RuneClass.Mark when _length > 0:
                    if (_length + rune.Utf16SequenceLength > WordLengthMax)
                    {
                        return Found(WordKind.Word);
                    }

                    _length += Rune.ToLowerInvariant(rune).EncodeToUtf16(_buffer[_length..]);
                    break;
                case RuneClass.Unspaced or RuneClass.Symbol when _length > 0:
                    return Found(WordKind.Word);
                case RuneClass.Unspaced:
                    _pairStart = _position;
                    _position += used;
                    _length = rune.EncodeToUtf16(_buffer);
                    return Found(WordKind.Unspaced);
                case RuneClass.Symbol:
                    _position += used;
                    _length = rune.EncodeToUtf16(_buffer);
                    return Found(WordKind.Symbol);
                case RuneClass.Separator when _length > 0:
                    _position += used;
                    return Found(WordKind.Word);
            }

            _position += used;
        }

        return _length > 0 && Found(WordKind.Word);
    }

    // After a character of an unspaced script: the pair it forms with the next one, if that follows at once.
    private bool TryPair()
    {
        int start = _pairStart;
        _pairStart = -1;
        if (_position >= _text.Length)
        {
            return false;
        }

        Read(_position, out Rune next, out RuneClass kind);
        if (kind != RuneClass.Unspaced)
        {
            return false;
        }

        Read(start, out Rune first, out _);
        _length = first.EncodeToUtf16(_buffer);
        _length += next.EncodeToUtf16(_buffer[_length..]);
        return Found(WordKind.Unspaced);
    }

    private bool Found(WordKind kind)
    {
        Kind = kind;
        return true;
    }

    private readonly int Read(int position, out Rune rune, out RuneClass kind)
    {
        char c = _text[position];
        if (char.IsAscii(c))
        {
            rune = new Rune(c);
            kind = char.IsAsciiLetterOrDigit(c) ? RuneClass.Letter : RuneClass.Separator;
            return 1;
        }

        if (Rune.DecodeFromUtf16(_text[position..], out rune, out int used) != OperationStatus.Done)
        {
            kind = RuneClass.Separator;
            return 1;
        }

        kind = Classify(rune);
        return used;
    }

    private static RuneClass Classify(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => RuneClass.Letter,
        UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter => IsUnspaced(rune.Value) ? RuneClass.Unspaced : RuneClass.Letter,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark =>
            IsUnspaced(rune.Value) ? RuneClass.Unspaced : RuneClass.Mark,
        UnicodeCategory.OtherSymbol when rune.Value is not (0xFFFC or 0xFFFD) => RuneClass.Symbol,
        UnicodeCategory.Format => RuneClass.Nothing,
        _ => RuneClass.Separator,
    };

    private static bool IsUnspaced(int value) => value switch
    {
        >= 0x0E00 and <= 0x0EFF => true, // Thai, Lao
        >= 0x0F00 and <= 0x109F => true, // Tibetan, Myanmar
        >= 0x1780 and <= 0x17FF => true, // Khmer
        >= 0x2E80 and <= 0x31FF => true, // CJK radicals, kana, bopomofo
        >= 0x3400 and <= 0x9FFF => true, // CJK ideographs
        >= 0xA000 and <= 0xA4CF => true, // Yi
        >= 0xF900 and <= 0xFAFF => true, // CJK compatibility ideographs
        >= 0xFF66 and <= 0xFF9F => true, // half-width kana
        >= 0x20000 and <= 0x3FFFF => true, // CJK extensions
        _ => false,
    };

    private enum RuneClass
    {
        Separator,
        Letter,
        Mark,
        Unspaced,
        Symbol,
        Nothing,
    }
}
