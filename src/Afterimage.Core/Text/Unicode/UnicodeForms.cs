using System.Buffers;
using System.Globalization;
using System.Text;

namespace Afterimage.Text.Unicode;

/// <summary>
/// Unicode normalisation forms from tables of our own (UAX #15, version in <see cref="UnicodeVersion"/>): the program runs with invariant
/// globalization, where <see cref="string.Normalize(NormalizationForm)"/> leaves everything but ASCII as it is. No string makes these methods
/// throw: lone surrogates pass through unchanged. Thread-safe; text that is already in the form is returned as the same object where that is cheap to see.
/// </summary>
public static class UnicodeForms
{
    private const int HangulFirst = 0xAC00, HangulCount = 11172, LeadFirst = 0x1100, VowelFirst = 0x1161, TailFirst = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28;

    /// <summary>Version of the Unicode Character Database that the tables were made from.</summary>
    public static string UnicodeVersion => UnicodeTable.Shared.Version;

    /// <summary>Canonical decomposition.</summary>
    public static string Nfd(string text) => Ascii.IsValid(text) ? text : Decompose(text, compatible: false, compose: false);

    /// <summary>Canonical decomposition, then canonical composition.</summary>
    public static string Nfc(string text) => IsBelow(text, '\u0300') ? text : Decompose(text, compatible: false, compose: true);

    /// <summary>Compatibility decomposition.</summary>
    public static string Nfkd(string text) => Ascii.IsValid(text) ? text : Decompose(text, compatible: true, compose: false);

    /// <summary>Compatibility decomposition, then canonical composition.</summary>
    public static string Nfkc(string text) => IsBelow(text, '\u00A0') ? text : Decompose(text, compatible: true, compose: true);

    /// <summary>The text without characters of category Mn (nonspacing marks). Decompose first to take the accents off letters.</summary>
    public static string WithoutNonspacingMarks(string text)
    {
        if (IsBelow(text, '\u0300'))
        {
            return text;
        }

        var kept = new StringBuilder(text.Length);
        int i = 0;
        while (i < text.Length)
        {
            int length = CodePointAt(text, i, out int codePoint);
            if (CharUnicodeInfo.GetUnicodeCategory(codePoint) != UnicodeCategory.NonSpacingMark)
            {
                kept.Append(text, i, length);
            }

            i += length;
        }

        return kept.Length == text.Length ? text : kept.ToString();
    }

    /// <summary>Canonical combining class, 0 to 254; 0 for anything that starts a character, and for what is not a code point.</summary>
    public static int CombiningClass(int codePoint) => UnicodeTable.Shared.CombiningClass(codePoint);

    /// <summary>Full canonical decomposition of one code point into <paramref name="destination"/> (4 suffice); 0 where it decomposes to itself.</summary>
    internal static int DecomposeCanonically(int codePoint, Span<int> destination)
    {
        if ((uint)(codePoint - HangulFirst) < HangulCount)
        {
            return DecomposeHangul(codePoint, destination);
        }

        ReadOnlySpan<int> mapping = UnicodeTable.Shared.Decomposition(codePoint, compatible: false);
        mapping.CopyTo(destination);
        return mapping.Length;
    }

    private static bool IsBelow(string text, char bound) => !text.AsSpan().ContainsAnyInRange(bound, char.MaxValue);

    /// <summary>Reads one code point; a lone surrogate counts as one of its own value. Returns the UTF-16 units read.</summary>
    private static int CodePointAt(string text, int index, out int codePoint)
    {
        char c = text[index];
        if (char.IsHighSurrogate(c) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        {
            codePoint = char.ConvertToUtf32(c, text[index + 1]);
            return 2;
        }

        codePoint = c;
        return 1;
    }

    private static string Decompose(string text, bool compatible, bool compose)
    {
        UnicodeTable table = UnicodeTable.Shared;
        var output = new ArrayBufferWriter<int>(text.Length + 16);
        int markRun = -1;
        for (int i = 0; i < text.Length;)
        {
            i += CodePointAt(text, i, out int codePoint);
            int before = output.WrittenCount;
            Append(table, codePoint, compatible, output);
            for (int k = before; k < output.WrittenCount; k++)
            {
                bool mark = table.CombiningClass(output.WrittenSpan[k]) != 0;
                if (mark && markRun < 0)
                {
                    markRun = k;
                }
                else if (!mark && markRun >= 0)
                {
                    Reorder(table, Writable(output, markRun, k));
                    markRun = -1;
                }
            }
        }

        if (markRun >= 0)
        {
            Reorder(table, Writable(output, markRun, output.WrittenCount));
        }

        Span<int> points = Writable(output, 0, output.WrittenCount);
        return ToText(compose ? points[..Compose(table, points)] : points);
    }

    private static Span<int> Writable(ArrayBufferWriter<int> output, int from, int to) =>
        System.Runtime.InteropServices.MemoryMarshal.AsMemory(output.WrittenMemory[from..to]).Span;

    private static void Append(UnicodeTable table, int codePoint, bool compatible, ArrayBufferWriter<int> output)
    {
        if ((uint)(codePoint - HangulFirst) < HangulCount)
        {
            output.Advance(DecomposeHangul(codePoint, output.GetSpan(3)));
            return;
        }

        ReadOnlySpan<int> mapping = table.Decomposition(codePoint, compatible);
        output.Write(mapping.Length > 0 ? mapping : new ReadOnlySpan<int>(ref codePoint));
    }

    private static int DecomposeHangul(int codePoint, Span<int> destination)
    {
        int index = codePoint - HangulFirst;
        destination[0] = LeadFirst + index / (VowelCount * TailCount);
        destination[1] = VowelFirst + index % (VowelCount * TailCount) / TailCount;
        int tail = index % TailCount;
        if (tail == 0)
        {
            return 2;
        }

        destination[2] = TailFirst + tail;
        return 3;
    }

    /// <summary>Stable sort by combining class. A megabyte of marks must not cost quadratic time, so long runs go through a real sort.</summary>
    private static void Reorder(UnicodeTable table, Span<int> marks)
    {
        if (marks.Length > 32)
        {
            long[] keys = new long[marks.Length];
            for (int i = 0; i < keys.Length; i++)
            {
                keys[i] = ((long)table.CombiningClass(marks[i]) << 32) | (uint)i;
            }

            int[] sorted = marks.ToArray();
            Array.Sort(keys, sorted);
            sorted.CopyTo(marks);
            return;
        }

        for (int i = 1; i < marks.Length; i++)
        {
            int mark = marks[i];
            int order = table.CombiningClass(mark);
            int k = i;
            for (; k > 0 && table.CombiningClass(marks[k - 1]) > order; k--)
            {
                marks[k] = marks[k - 1];
            }

            marks[k] = mark;
        }
    }

    /// <summary>Canonical composition in place; returns the new length.</summary>
    private static int Compose(UnicodeTable table, Span<int> points)
    {
        int starter = -1, written = 0, lastClass = 0;
        foreach (int point in points)
        {
            int combining = table.CombiningClass(point);
            bool blocked = written - 1 != starter && lastClass >= combining;
            if (starter >= 0 && !blocked && Pair(table, points[starter], point) is var composite and > 0)
            {
                points[starter] = composite;
                continue;
            }

            if (combining == 0)
            {
                starter = written;
            }

            lastClass = combining;
            points[written++] = point;
        }

        return written;
    }

    private static int Pair(UnicodeTable table, int first, int second)
    {
        if ((uint)(first - LeadFirst) < LeadCount && (uint)(second - VowelFirst) < VowelCount)
        {
            return HangulFirst + ((first - LeadFirst) * VowelCount + (second - VowelFirst)) * TailCount;
        }

        if ((uint)(first - HangulFirst) < HangulCount && (first - HangulFirst) % TailCount == 0 && (uint)(second - TailFirst - 1) < TailCount - 1)
        {
            return first + (second - TailFirst);
        }

        return table.Composite(first, second);
    }

    private static string ToText(ReadOnlySpan<int> points)
    {
        var text = new StringBuilder(points.Length + 8);
        foreach (int point in points)
        {
            if (point < 0x10000)
            {
                text.Append((char)point);
            }
            else
            {
                text.Append((char)(0xD7C0 + (point >> 10))).Append((char)(0xDC00 | (point & 0x3FF)));
            }
        }

        return text.ToString();
    }
}
