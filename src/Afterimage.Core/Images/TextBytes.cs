using System.Text;
using System.Text.Unicode;

namespace Afterimage.Images;

/// <summary>Bytes of metadata to text: what writers really put there, not only what the formats allow.</summary>
internal static class TextBytes
{
    /// <summary>UTF-8 where it is valid, otherwise Latin-1; trailing zeros and spaces are padding.</summary>
    public static string Utf8OrLatin1(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes.TrimEnd((byte)0).TrimEnd((byte)' ');
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            bytes = bytes[3..];
        }

        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Encoding.Latin1.GetString(bytes);
    }

    /// <summary>
    /// EXIF UserComment: eight bytes name the character code, but several writers leave them out. Null for JIS that is not plain ASCII.
    /// </summary>
    public static string? UserComment(ReadOnlySpan<byte> bytes, bool littleEndian)
    {
        const int Prefix = 8;
        if (bytes.StartsWith("UNICODE\0"u8))
        {
            return Utf16(bytes[Prefix..], littleEndian);
        }

        if (bytes.StartsWith("ASCII\0\0\0"u8) || bytes.StartsWith("\0\0\0\0\0\0\0\0"u8))
        {
            return Utf8OrLatin1(bytes[Prefix..]);
        }

        if (bytes.StartsWith("JIS\0\0\0\0\0"u8))
        {
            return Ascii.IsValid(bytes[Prefix..]) && !bytes[Prefix..].Contains((byte)0x1B) ? Utf8OrLatin1(bytes[Prefix..]) : null;
        }

        return Utf8OrLatin1(bytes);
    }

    /// <summary>
    /// UTF-16 whose byte order the format leaves open: a byte order mark decides; otherwise the order that gives more Latin letters (prompts and JSON
    /// always hold some); otherwise <paramref name="littleEndian"/>. Text that is plain ASCII in spite of its label is taken as that.
    /// </summary>
    public static string Utf16(ReadOnlySpan<byte> bytes, bool littleEndian)
    {
        if (bytes.Length > 0 && Ascii.IsValid(bytes) && !bytes.TrimEnd((byte)0).Contains((byte)0))
        {
            return Utf8OrLatin1(bytes);
        }

        bytes = bytes[..(bytes.Length & ~1)];
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
        {
            littleEndian = true;
            bytes = bytes[2..];
        }
        else if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            littleEndian = false;
            bytes = bytes[2..];
        }
        else
        {
            int little = 0, big = 0;
            for (int i = 0; i < bytes.Length; i += 2)
            {
                little += bytes[i + 1] == 0 && bytes[i] is >= 0x20 and < 0x7F ? 1 : 0;
                big += bytes[i] == 0 && bytes[i + 1] is >= 0x20 and < 0x7F ? 1 : 0;
            }

            littleEndian = little == big ? littleEndian : little > big;
        }

        string text = (littleEndian ? Encoding.Unicode : Encoding.BigEndianUnicode).GetString(bytes);
        return text.TrimEnd('\0', ' ');
    }
}
