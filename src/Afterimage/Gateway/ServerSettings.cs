using System.Text;
using Afterimage.Configuration;
using Afterimage.Entries;
using Afterimage.Gateway.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Afterimage.Gateway;

/// <summary>How Kestrel is set: messages pass unchanged, their end is not disputable, and what a client may take is bounded.</summary>
internal static class ServerSettings
{
    private static readonly TimeSpan BodyGrace = TimeSpan.FromSeconds(5);
    private static readonly Encoding Digits = new DigitsOnly();

    /// <param name="kestrel">Is set.</param>
    /// <param name="limits">The operator's bounds.</param>
    /// <param name="originMax">Requests that may be at the origin at the same time; 0 for no bound.</param>
    public static void Configure(KestrelServerOptions kestrel, LimitOptions limits, int originMax)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowResponseHeaderCompression = false;

        // Header bytes beyond ASCII pass as they are.
        kestrel.RequestHeaderEncodingSelector = static name => name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) ? Digits : Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.Limits.MaxRequestLineSize = limits.RequestLineBytesMax;
        kestrel.Limits.MaxRequestBufferSize = Math.Max(limits.RequestLineBytesMax * 2, 1024 * 1024);
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.RequestHeadSeconds);

        // Idle connections last at least as long as Kestrel lets them by itself; behind recognised requests its clock may be so much ahead.
        kestrel.Limits.KeepAliveTimeout += RepeatReader.UnseenMax;
        kestrel.Limits.MaxRequestBodySize = limits.RequestBodyBytesMax > 0 ? limits.RequestBodyBytesMax : null;
        kestrel.Limits.MaxConcurrentConnections = limits.ConnectionsMax > 0 ? limits.ConnectionsMax : Descriptors.ForClients(originMax);
        kestrel.Limits.MinRequestBodyDataRate = kestrel.Limits.MinResponseDataRate =
            limits.BodyBytesPerSecondMin > 0 ? new MinDataRate(limits.BodyBytesPerSecondMin, BodyGrace) : null;
    }

    /// <summary>
    /// Decodes digits as they are and everything else as a question mark. Kestrel would take <c>Content-Length: +3</c> or <c>3 </c> for a number, where RFC 9110 knows
    /// digits only and other parsers in the chain may read another one.
    /// </summary>
    private sealed class DigitsOnly : Encoding
    {
        public override int GetByteCount(char[] chars, int index, int count) => count;

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

        public override int GetCharCount(byte[] bytes, int index, int count) => count;

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) => GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

        // Kestrel gives room for the longest number; what does not fit is none.
        public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
        {
            int count = Math.Min(bytes.Length, chars.Length);
            for (int i = 0; i < count; i++)
            {
                chars[i] = char.IsAsciiDigit((char)bytes[i]) && bytes.Length <= chars.Length ? (char)bytes[i] : '?';
            }

            return count;
        }

        public override int GetMaxByteCount(int charCount) => charCount;

        public override int GetMaxCharCount(int byteCount) => byteCount;
    }
}
