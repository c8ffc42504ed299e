using System.Buffers;
using System.Text;

namespace Afterimage.Dialects;

/// <summary>
/// Decodes percent-encoding strictly: every <c>%</c> must be followed by two hexadecimal digits and the bytes must be UTF-8. What is malformed is not
/// guessed, because two different requests would become one.
/// </summary>
internal static class PercentDecoder
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="raw">The text as it stands in the request target.</param>
    /// <param name="plusIsSpace">True in queries; in paths a plus is a plus.</param>
    public static bool TryDecode(ReadOnlySpan<char> raw, bool plusIsSpace, out string text)
    {
        if (!raw.Contains('%') && !(plusIsSpace && raw.Contains('+')))
        {
            text = raw.ToString();
            return true;
        }

        text = "";
        byte[] rented = ArrayPool<byte>.Shared.Rent(raw.Length * 3);
        try
        {
            int length = 0;
            for (int i = 0; i < raw.Length; i++)
            {
                char c = raw[i];
                if (c == '%')
                {
                    if (i + 2 >= raw.Length || !char.IsAsciiHexDigit(raw[i + 1]) || !char.IsAsciiHexDigit(raw[i + 2]))
                    {
                        return false;
                    }

                    rented[length++] = (byte)((HexValue(raw[i + 1]) << 4) | HexValue(raw[i + 2]));
                    i += 2;
                }
                else if (c == '+' && plusIsSpace)
                {
                    rented[length++] = (byte)' ';
                }
                else if (char.IsAscii(c))
                {
                    rented[length++] = (byte)c;
                }
                else
                {
                    length += Encoding.UTF8.GetBytes(raw.Slice(i, 1), rented.AsSpan(length));
                }
            }

            text = Strict.GetString(rented, 0, length);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static int HexValue(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}
