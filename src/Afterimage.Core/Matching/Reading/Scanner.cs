using System.Globalization;
using System.Text;

namespace Afterimage.Matching.Reading;

/// <summary>
/// Splits a prompt into words, breaks, quoted text and the little languages of prompts: <c>(word:1.3)</c>, <c>[word]</c>, <c>{word}</c>,
/// <c>&lt;lora:name:0.8&gt;</c>, <c>--ar 16:9</c>, <c>--no word</c>. Linear in the length of the prompt; never throws.
/// </summary>
internal sealed partial class Scanner
{
    /// <summary>Words read; what follows is compared as text.</summary>
    public const int WordsMax = 512;

    private const int QuoteWordsMax = 12;
    private const int QuoteCharsMax = 160;
    private const int DepthMax = 32;
    private const string SoftBreaks = ",;:|()[]{}";
    private const string HardBreaks = ".!?\n";

    private readonly Tokens _tokens = new();
    private readonly string _text;
    private readonly Stack<int> _brackets = new();
    private int _at;
    private int _phrase;
    private int _sentence;
    private int _quoteEnd = -1;
    private int _quoteStart;
    private bool _joined;
    private bool _unwanted;
    private bool _negative;

    private Scanner(string text) => _text = text;

    public static Tokens Scan(string prompt)
    {
        var scanner = new Scanner(Fold(Lettering.Quote(prompt)));
        scanner.Run();
        return scanner._tokens;
    }

    private static string Fold(string prompt)
    {
        var folded = new StringBuilder(prompt.Length);
        foreach (Rune rune in prompt.EnumerateRunes())
        {
            int c = TextFold.Fold(rune);
            if (c is '\r' or '\t')
            {
                c = ' ';
            }

            bool spaceAgain = c == ' ' && folded.Length > 0 && folded[^1] == ' ';
            if (c != 0 && c != Rune.ReplacementChar.Value && !spaceAgain)
            {
                folded.Append(new Rune(c).ToString());
            }
        }

        return folded.ToString();
    }

    private char Peek(int ahead = 1) => _at + ahead < _text.Length && _at + ahead >= 0 ? _text[_at + ahead] : ' ';

    private void Run()
    {
        while (_at < _text.Length)
        {
            if (_tokens.Words.Count >= WordsMax)
            {
                _tokens.Rest = string.Join(' ', _text[_at..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
                return;
            }

            Step();
        }

        EndQuote();
    }

    private void Step()
    {
        char c = _text[_at];
        if (_at == _quoteEnd)
        {
            EndQuote();
            _at++;
            return;
        }

        Rune.DecodeFromUtf16(_text.AsSpan(_at), out Rune rune, out int width);
        if (TextFold.IsUnspaced(rune.Value) && !Rune.IsPunctuation(rune))
        {
            UnspacedRun();
        }
        else if (Rune.IsDigit(rune))
        {
            NumberOrWord();
        }
        else if (IsWordRune(rune))
        {
            WordRun();
        }
        else if (c == '<' && TryDirective())
        {
            _joined = false;
        }
        else if (c == '-' && Peek() == '-' && char.IsAsciiLetter(Peek(2)) && !char.IsAsciiLetterOrDigit(Peek(-1)))
        {
            Parameter();
        }
        else
        {
            Punctuation(c, rune, width);
        }
    }

    private static bool IsWordRune(Rune rune) =>
        Rune.IsLetter(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private void Add(string text, WordKind kind, double value = 0)
    {
        _tokens.Words.Add(new Word(text)
        {
            Kind = kind,
            Value = value,
            Phrase = _phrase,
            Sentence = _sentence,
            Quoted = _quoteEnd >= 0,
            Joined = _joined,
            Negated = _unwanted,
        });
        _joined = false;
    }

    private void Break(bool hard)
    {
        _joined = false;
        if (_tokens.Words.Count > 0 && _tokens.Words[^1].Kind == WordKind.Break)
        {
            if (hard && _tokens.Words[^1].Text != ".")
            {
                _tokens.Words.RemoveAt(_tokens.Words.Count - 1);
            }
            else
            {
                return;
            }
        }

        Add(hard ? "." : ",", WordKind.Break);
        _phrase++;
        _sentence += hard ? 1 : 0;
    }

    private void UnspacedRun()
    {
        int start = _at;
        while (_at < _text.Length && Rune.DecodeFromUtf16(_text.AsSpan(_at), out Rune rune, out int width) == System.Buffers.OperationStatus.Done
            && TextFold.IsUnspaced(rune.Value) && !Rune.IsPunctuation(rune))
        {
            _at += width;
        }

        Add(_text[start.._at], WordKind.Opaque);
    }

    private void WordRun()
    {
        int start = _at;
        while (_at < _text.Length)
        {
            if (Rune.DecodeFromUtf16(_text.AsSpan(_at), out Rune rune, out int width) != System.Buffers.OperationStatus.Done
                || TextFold.IsUnspaced(rune.Value) || !(IsWordRune(rune) || Rune.IsDigit(rune)))
            {
                break;
            }

            _at += width;
        }

        string word = _text[start.._at];
        bool apostrophe = _at < _text.Length && _text[_at] == '\'' && _at != _quoteEnd;
        if (apostrophe && word.EndsWith('n') && Peek() == 't' && !char.IsLetter(Peek(2)))
        {
            Add(word switch { "can" => "can", "won" => "will", "shan" => "shall", _ => word[..^1] }, WordKind.Content);
            Add("not", WordKind.Content);
            _at += 2;
            return;
        }

        if (word == "minus" && Peek(0) == ' ' && char.IsDigit(Peek(1)))
        {
            _negative = true;
            return;
        }

        Add(word, WordKind.Content);
        if (apostrophe && char.IsLetter(Peek()))
        {
            _at++;
            _joined = true;
            if (_text[_at] == 's' && !char.IsLetterOrDigit(Peek()))
            {
                Add("'s", WordKind.Function);
                _at++;
            }
        }
    }

    // 2 | 1.5 | 16:9 | 8k | 35mm | 1990s
    private void NumberOrWord()
    {
        int start = _at;
        bool letters = false;
        while (_at < _text.Length)
        {
            char c = _text[_at];
            if (char.IsAsciiLetter(c) || char.IsLetter(c))
            {
                letters = true;
            }
            else if (!char.IsDigit(c) && !(c is '.' or ':' or '/' && char.IsDigit(Peek()) && char.IsDigit(Peek(-1))))
            {
                break;
            }

            _at++;
        }

        if (_at == start + 1 && !letters)
        {
            SpacedDigits();
        }

        string text = (_negative ? "-" : "") + _text[start.._at];
        _negative = false;
        if (text.Contains(' ', StringComparison.Ordinal))
        {
            text = text.Replace(" ", "", StringComparison.Ordinal);
        }

        if (!letters && double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double value))
        {
            Add(text, WordKind.Number, value);
        }
        else
        {
            Add(text, WordKind.Content);
        }
    }

    // "1 9 8 7": prompts that went through a tokenizer have a space between digits; they are one number all the same.
    private void SpacedDigits()
    {
        while (_text.AsSpan(_at) is [' ', >= '0' and <= '9', ..] && !(_at + 2 < _text.Length && (char.IsLetterOrDigit(_text[_at + 2]) || _text[_at + 2] is '.' or ':' or '/')))
        {
            _at += 2;
        }
    }

    private bool TryDirective()
    {
        int end = _text.IndexOf('>', _at);
        if (end < 0 || end - _at > 128 || !_text.AsSpan(_at, end - _at).Contains(':'))
        {
            return false;
        }

        _tokens.Directives.Add(_text[(_at + 1)..end].Trim());
        _at = end + 1;
        return true;
    }

    // Until the next parameter: "--ar 16:9" must be equal, "--no fog" is read as words that are not wanted.
    private void Parameter()
    {
        int nameEnd = _at + 2;
        while (nameEnd < _text.Length && char.IsAsciiLetterOrDigit(_text[nameEnd]))
        {
            nameEnd++;
        }

        string name = _text[(_at + 2)..nameEnd];
        Break(hard: true);
        if (name == "no")
        {
            _unwanted = true;
            _at = nameEnd;
            return;
        }

        _unwanted = false;
        int end = _text.IndexOf(" --", nameEnd, StringComparison.Ordinal);
        end = end < 0 ? _text.Length : end;
        int value = Math.Min(end, nameEnd + 64);
        _tokens.Directives.Add($"{name} {_text[nameEnd..value].Trim().TrimEnd('.', ',')}");
        _at = value;
    }
}
