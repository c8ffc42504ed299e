using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Afterimage.Gateway.Sockets;

/// <summary>A part of an open file that is still to be sent.</summary>
internal readonly record struct FilePart(SafeFileHandle Handle, long Offset, long Count)
{
    public FilePart After(long sent) => new(Handle, Offset + sent, Count - sent);
}

/// <summary>How far sending a part of a file came.</summary>
internal enum SendFileOutcome
{
    /// <summary>All of it is sent.</summary>
    Sent,

    /// <summary>The socket takes no more for now.</summary>
    Full,

    /// <summary>The connection is broken.</summary>
    ConnectionFailed,

    /// <summary>The file is shorter than it was, or its disk does not give it.</summary>
    FileFailed,
}

/// <summary>
/// <c>sendfile(2)</c> on a socket that .NET has made non-blocking: from the page cache to the socket without a copy in this process. .NET's own
/// <see cref="Socket.SendFile(string)"/> opens the file by name each time.
/// </summary>
internal static partial class SendFile
{
    private const int InputOutput = 5;
    private const int Again = 11;
    private const int Interrupted = 4;
    private const int MessageNoSignal = 0x4000;
    private const int MessageMore = 0x8000;

    public static bool IsSupported { get; } = OperatingSystem.IsLinux();

    /// <summary>Hands the socket the bytes that go before a file. Returns how many it took; faults show in what is sent next.</summary>
    public static unsafe int SendHeader(SafeSocketHandle socket, ReadOnlySpan<byte> header)
    {
        try
        {
            fixed (byte* first = header)
            {
                return (int)Math.Max(0, Send(socket, first, (nuint)header.Length, MessageNoSignal | MessageMore));
            }
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
    }

    /// <summary>Sends what the socket takes.</summary>
    public static SendFileOutcome TrySend(SafeSocketHandle socket, ref FilePart file)
    {
        try
        {
            while (file.Count > 0)
            {
                long offset = file.Offset;
                nint sent = Send(socket, file.Handle, ref offset, (nuint)file.Count);
                int error = sent < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (error == Again)
                {
                    return SendFileOutcome.Full;
                }

                if (sent == 0 || error is not (0 or Interrupted))
                {
                    return sent == 0 || error == InputOutput ? SendFileOutcome.FileFailed : SendFileOutcome.ConnectionFailed;
                }

                file = file.After(Math.Max(0, sent));
            }

            return SendFileOutcome.Sent;
        }
        catch (ObjectDisposedException)
        {
            // The connection was aborted meanwhile.
            return SendFileOutcome.ConnectionFailed;
        }
    }

    [LibraryImport("libc", EntryPoint = "sendfile64", SetLastError = true)]
    private static partial nint Send(SafeSocketHandle socket, SafeFileHandle file, ref long offset, nuint count);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static unsafe partial nint Send(SafeSocketHandle socket, byte* bytes, nuint count, int flags);
}
