using System.Globalization;
using System.Text;

namespace Afterimage.Matching.Reading;

/// <summary>Breaks, brackets, quotation marks.</summary>
internal sealed partial class Scanner
{
    private void Punctuation(char c, Rune rune, int width)
    {
        _at += width;
        switch (c)
        {
            case '"':
                StartQuote('"');
                break;
            case '\'' when !char.IsLetterOrDigit(Peek(-2)) && char.IsLetterOrDigit(Peek(0)):
                StartQuote('\'');
                break;
            case '-' when char.IsLetterOrDigit(Peek(-2)) && char.IsLetterOrDigit(Peek(0)):
                _joined = true;
                break;
            case '-' when char.IsDigit(Peek(0)) && MaySignBehind(Peek(-2)):
                _negative = true;
                break;
            case '&' or '+':
                Add("and", WordKind.Content);
                break;
            case ':' when TryEmphasis():
                break;
            case '(' or '[' or '{':
                _brackets.Push(_tokens.Words.Count);
                if (_brackets.Count > DepthMax)
                {
                    _brackets.Clear();
                }

                Break(hard: false);
                break;
            case '.' when char.IsLetterOrDigit(Peek(0)):
                _joined = true;
                break;
            case '-' when Peek(0) == ' ' && Peek(-2) == ' ':
                // Data sets write "close - up"; a dash between phrases reads the same.
                _joined = true;
                break;
            default:
                Other(c, rune);
                break;
        }
    }

    // "10 -20" is a range, and at the start of a prompt or a line "-" begins a list.
    private bool MaySignBehind(char before) => before is ' ' or '(' or ',' && _tokens.Words is [.., { Kind: not WordKind.Number }];

    private void Other(char c, Rune rune)
    {
        if (HardBreaks.Contains(c))
        {
            Break(hard: true);
        }
        else if (SoftBreaks.Contains(c))
        {
            if (c is ')' or ']' or '}' && _brackets.Count > 0)
            {
                _brackets.Pop();
            }

            Break(hard: false);
        }
        else if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.OtherSymbol or UnicodeCategory.CurrencySymbol or UnicodeCategory.PrivateUse
            || (rune.Value > 127 && Rune.IsSymbol(rune)))
        {
            Add(rune.ToString(), WordKind.Opaque);
        }
    }

    // "(word:1.3)": the number and the bracket belong to the words since "(".
    private bool TryEmphasis()
    {
        int end = _at;
        while (end < _text.Length && end - _at < 6 && (char.IsAsciiDigit(_text[end]) || _text[end] == '.'))
        {
            end++;
        }

        if (end == _at || end >= _text.Length || _text[end] != ')' || !_brackets.TryPop(out int first)
            || !float.TryParse(_text.AsSpan(_at, end - _at), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out float emphasis))
        {
            return false;
        }

        for (int i = Math.Min(first, _tokens.Words.Count); i < _tokens.Words.Count; i++)
        {
            _tokens.Words[i].Emphasis = emphasis;
        }

        _at = end + 1;
        Break(hard: false);
        return true;
    }

    private void StartQuote(char quote)
    {
        int limit = Math.Min(_text.Length, _at + QuoteCharsMax);
        for (int end = _at; end < limit; end++)
        {
            if (_text[end] == quote && (quote == '"' || end + 1 >= _text.Length || !char.IsLetterOrDigit(_text[end + 1])))
            {
                _quoteStart = _tokens.Words.Count;
                _quoteEnd = end;
                return;
            }
        }
    }

    private void EndQuote()
    {
        if (_quoteEnd < 0)
        {
            return;
        }

        _quoteEnd = -1;
        int words = _tokens.Words.Count - _quoteStart;
        bool everything = _quoteStart == 0 && _text.AsSpan(_at).Trim("\" .".AsSpan()).IsEmpty;
        for (int i = _quoteStart; (words > QuoteWordsMax || everything) && i < _tokens.Words.Count; i++)
        {
            _tokens.Words[i].Quoted = false;
        }
    }
}
