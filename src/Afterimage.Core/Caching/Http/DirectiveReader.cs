namespace Afterimage.Caching.Http;

/// <summary>
/// Walks a <c>Cache-Control</c> value: <c>#( token [ "=" ( token / quoted-string ) ] )</c>, RFC 9111 section 5.2. Never fails: an element that is
/// not well formed is reported as malformed under whatever name it starts with, and reading goes on behind the next comma outside quotes.
/// </summary>
internal ref struct DirectiveReader(ReadOnlySpan<char> text)
{
    private ReadOnlySpan<char> _rest = text;

    /// <summary>The directive's name as sent; compare without case.</summary>
    public ReadOnlySpan<char> Name { get; private set; } = default;

    /// <summary>Whether there was an equals sign.</summary>
    public bool HasArgument { get; private set; } = false;

    /// <summary>The argument without quotes; escapes inside a quoted string are kept as sent.</summary>
    public ReadOnlySpan<char> Argument { get; private set; } = default;

    /// <summary>White space around the equals sign, an open quote, or text behind the value.</summary>
    public bool Malformed { get; private set; } = false;

    public bool Read()
    {
        while (true)
        {
            _rest = _rest.TrimStart(" \t,");
            if (_rest.IsEmpty)
            {
                return false;
            }

            ReadOnlySpan<char> element = TakeElement();
            if (!element.IsEmpty)
            {
                Split(element);
                return true;
            }
        }
    }

    /// <summary>Whether the name is this one, without case.</summary>
    public readonly bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The argument as delta-seconds, or null where it is not digits only. Too large a number is 2^31 (RFC 9111 section 1.2.2).
    /// </summary>
    public readonly long? Seconds() => Malformed ? null : DeltaSeconds.Parse(Argument);

    private ReadOnlySpan<char> TakeElement()
    {
        bool quoted = false;
        int i = 0;
        for (; i < _rest.Length; i++)
        {
            char c = _rest[i];
            if (quoted && c == '\\')
            {
                i++;
            }
            else if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                break;
            }
        }

        int end = Math.Min(i, _rest.Length);
        ReadOnlySpan<char> element = _rest[..end].Trim(" \t");
        _rest = end < _rest.Length ? _rest[(end + 1)..] : default;
        return element;
    }

    private void Split(ReadOnlySpan<char> element)
    {
        int length = 0;
        while (length < element.Length && HttpToken.IsTokenChar(element[length]))
        {
            length++;
        }

        Name = element[..length];
        ReadOnlySpan<char> rest = element[length..];
        HasArgument = rest.TrimStart(" \t") is ['=', ..];
        Argument = default;
        Malformed = false;
        if (rest.IsEmpty)
        {
            Malformed = length == 0;
        }
        else if (rest[0] != '=')
        {
            Malformed = true;
        }
        else
        {
            ReadArgument(rest[1..]);
        }
    }

    private void ReadArgument(ReadOnlySpan<char> value)
    {
        if (value is ['"', .., '"'] && value.Length >= 2 && IsQuotedString(value))
        {
            Argument = value[1..^1];
            return;
        }

        Argument = value;
        Malformed = !HttpToken.IsToken(value);
    }

    private static bool IsQuotedString(ReadOnlySpan<char> value)
    {
        for (int i = 1; i < value.Length - 1; i++)
        {
            if (value[i] == '"')
            {
                return false;
            }

            if (value[i] == '\\' && ++i >= value.Length - 1)
            {
                return false;
            }
        }

        return true;
    }
}
