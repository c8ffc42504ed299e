using System.Globalization;
using System.Text;

namespace Afterimage.Caching.Http;

/// <summary>
/// Reads a Dictionary of RFC 9651 (structured fields) exactly as its section 4.2 says: any deviation makes the whole field invalid.
/// </summary>
public ref struct StructuredDictionary
{
    private const int MaxIntegerDigits = 15;
    private const int MaxDecimalDigits = 16;

    private readonly ReadOnlySpan<char> _text;
    private int _at;

    private StructuredDictionary(ReadOnlySpan<char> text) => _text = text;

    /// <summary>All members, keys in their order; false where the field is invalid. An empty field is an empty dictionary.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IReadOnlyDictionary<string, StructuredItem> members)
    {
        var reader = new StructuredDictionary(text.Trim(' '));
        var read = new Dictionary<string, StructuredItem>(StringComparer.Ordinal);
        members = read;
        return reader.ReadMembers(read);
    }

    private readonly bool AtEnd => _at >= _text.Length;

    private readonly char Current => _text[_at];

    private bool ReadMembers(Dictionary<string, StructuredItem> members)
    {
        while (!AtEnd)
        {
            if (!ReadKey(out string key))
            {
                return false;
            }

            var item = new StructuredItem(StructuredKind.Boolean, "?1", 1);
            if (Take('=') ? !ReadItemOrInnerList(out item) : !ReadParameters())
            {
                return false;
            }

            // A key that comes again replaces the value (section 4.2.2, step 2.4).
            members[key] = item;
            SkipWhiteSpace();
            if (AtEnd)
            {
                return true;
            }

            if (!Take(','))
            {
                return false;
            }

            SkipWhiteSpace();
            if (AtEnd)
            {
                return false;
            }
        }

        return true;
    }

    private bool ReadKey(out string key)
    {
        key = "";
        if (AtEnd || !(char.IsAsciiLetterLower(Current) || Current == '*'))
        {
            return false;
        }

        int start = _at++;
        while (!AtEnd && (char.IsAsciiLetterLower(Current) || char.IsAsciiDigit(Current) || Current is '_' or '-' or '.' or '*'))
        {
            _at++;
        }

        key = _text[start.._at].ToString();
        return true;
    }

    private bool ReadItemOrInnerList(out StructuredItem item) =>
        !AtEnd && Current == '(' ? ReadInnerList(out item) : ReadBareItem(out item) && ReadParameters();

    private bool ReadInnerList(out StructuredItem list)
    {
        list = default;
        int start = _at++;
        var items = new List<StructuredItem>();
        while (!AtEnd)
        {
            SkipSpaces();
            if (Take(')'))
            {
                list = new StructuredItem(StructuredKind.InnerList, _text[start.._at].ToString(), items.Count, items);
                return ReadParameters();
            }

            if (!ReadBareItem(out StructuredItem item) || !ReadParameters() || AtEnd || Current is not (' ' or ')'))
            {
                return false;
            }

            items.Add(item);
        }

        return false;
    }

    private bool ReadParameters()
    {
        while (Take(';'))
        {
            SkipSpaces();
            if (!ReadKey(out _) || (Take('=') && !ReadBareItem(out _)))
            {
                return false;
            }
        }

        return true;
    }

    private bool ReadBareItem(out StructuredItem item)
    {
        item = default;
        if (AtEnd)
        {
            return false;
        }

        return Current switch
        {
            '"' => ReadString(out item),
            ':' => ReadBytes(out item),
            '?' => ReadBoolean(out item),
            '@' => ReadDate(out item),
            '%' => ReadDisplayString(out item),
            '-' or (>= '0' and <= '9') => ReadNumber(out item),
            '*' => ReadToken(out item),
            char c when char.IsAsciiLetter(c) => ReadToken(out item),
            _ => false,
        };
    }

    private bool ReadNumber(out StructuredItem item)
    {
        item = default;
        int start = _at;
        Take('-');
        int digits = TakeDigits();
        if (digits == 0)
        {
            return false;
        }

        if (!AtEnd && Current == '.')
        {
            _at++;
            int fraction = TakeDigits();
            item = new StructuredItem(StructuredKind.Decimal, _text[start.._at].ToString(), 0);
            return digits <= MaxDecimalDigits - 4 && fraction is >= 1 and <= 3;
        }

        if (digits > MaxIntegerDigits)
        {
            return false;
        }

        ReadOnlySpan<char> text = _text[start.._at];
        item = new StructuredItem(StructuredKind.Integer, text.ToString(), long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
        return true;
    }

    private bool ReadString(out StructuredItem item)
    {
        item = default;
        _at++;
        var text = new StringBuilder();
        while (!AtEnd)
        {
            char c = _text[_at++];
            if (c == '"')
            {
                item = new StructuredItem(StructuredKind.String, text.ToString(), 0);
                return true;
            }

            if (c == '\\')
            {
                if (AtEnd || Current is not ('"' or '\\'))
                {
                    return false;
                }

                c = _text[_at++];
            }
            else if (c is < ' ' or > '~')
            {
                return false;
            }

            text.Append(c);
        }

        return false;
    }

    private bool ReadToken(out StructuredItem item)
    {
        int start = _at++;
        while (!AtEnd && (HttpToken.IsTokenChar(Current) || Current is ':' or '/'))
        {
            _at++;
        }

        item = new StructuredItem(StructuredKind.Token, _text[start.._at].ToString(), 0);
        return true;
    }

    private bool ReadBytes(out StructuredItem item)
    {
        item = default;
        int length = _text[(_at + 1)..].IndexOf(':');
        if (length < 0)
        {
            return false;
        }

        ReadOnlySpan<char> base64 = _text.Slice(_at + 1, length);
        foreach (char c in base64)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '/' or '='))
            {
                return false;
            }
        }

        // Padding may be missing (section 4.2.7 lets parsers accept that); anything else must decode.
        string padded = base64.TrimEnd('=').ToString();
        padded += new string('=', (4 - (padded.Length % 4)) % 4);
        if (!Convert.TryFromBase64String(padded, new byte[padded.Length], out _))
        {
            return false;
        }

        item = new StructuredItem(StructuredKind.Bytes, base64.ToString(), 0);
        _at += length + 2;
        return true;
    }

    private bool ReadBoolean(out StructuredItem item)
    {
        item = default;
        _at++;
        if (AtEnd || Current is not ('0' or '1'))
        {
            return false;
        }

        bool value = _text[_at++] == '1';
        item = new StructuredItem(StructuredKind.Boolean, value ? "?1" : "?0", value ? 1 : 0);
        return true;
    }

    private bool ReadDate(out StructuredItem item)
    {
        _at++;
        bool read = ReadNumber(out StructuredItem number) && number.Kind == StructuredKind.Integer;
        item = number with { Kind = StructuredKind.Date };
        return read;
    }

    private bool ReadDisplayString(out StructuredItem item)
    {
        item = default;
        _at++;
        if (!Take('"'))
        {
            return false;
        }

        var bytes = new List<byte>();
        while (!AtEnd)
        {
            char c = _text[_at++];
            if (c == '"')
            {
                return TryUtf8([.. bytes], out item);
            }

            if (c is < ' ' or > '~')
            {
                return false;
            }

            if (c != '%')
            {
                bytes.Add((byte)c);
                continue;
            }

            if (_at + 2 > _text.Length || !char.IsAsciiHexDigitLower(_text[_at]) || !char.IsAsciiHexDigitLower(_text[_at + 1]))
            {
                return false;
            }

            bytes.Add(byte.Parse(_text.Slice(_at, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            _at += 2;
        }

        return false;
    }

    private static bool TryUtf8(byte[] bytes, out StructuredItem item)
    {
        item = default;
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return false;
        }

        item = new StructuredItem(StructuredKind.DisplayString, Encoding.UTF8.GetString(bytes), 0);
        return true;
    }

    private int TakeDigits()
    {
        int start = _at;
        while (!AtEnd && char.IsAsciiDigit(Current))
        {
            _at++;
        }

        return _at - start;
    }

    private bool Take(char c)
    {
        if (AtEnd || Current != c)
        {
            return false;
        }

        _at++;
        return true;
    }

    private void SkipSpaces()
    {
        while (!AtEnd && Current == ' ')
        {
            _at++;
        }
    }

    private void SkipWhiteSpace()
    {
        while (!AtEnd && Current is (' ' or '\t'))
        {
            _at++;
        }
    }
}
