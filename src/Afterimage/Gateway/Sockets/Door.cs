using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Afterimage.Gateway.Sockets;

/// <summary>
/// Where connections come in, and how that ends. Closing a socket that listens resets the connections in its queue, though their clients have been told that
/// they are connected. So it is shut first: the system drops what knocks, and the client knocks again a second later, at whoever listens by then; whoever is inside
/// is served; then it may be closed. Linux only: elsewhere it is just closed. Thread-safe.
/// </summary>
internal sealed class Door
{
    private const int SolSocket = 1;
    private const int SoAttachFilter = 26;
    private const int SolTcp = 6;
    private const int TcpInfo = 11;

    // In struct tcp_info. Of a socket that listens the first counts the connections in its queue.
    private const int UnackedAt = 24;
    private const int BytesReceivedAt = 128;

    // Classic BPF over the TCP header: a segment with SYN and without ACK is dropped, any other passes.
    private static readonly Instruction[] DropsSyn =
    [
        new(0x30, 0, 0, 13),
        new(0x54, 0, 0, 0x12),
        new(0x15, 0, 1, 0x02),
        new(0x06, 0, 0, 0),
        new(0x06, 0, 0, uint.MaxValue),
    ];

    private readonly Lock _lock = new();
    private readonly List<Socket> _listening = [];
    private readonly ConcurrentDictionary<Socket, byte> _unanswered = new();

    /// <summary>Makes the socket of an address; for the server.</summary>
    public Socket Bind(EndPoint address)
    {
        Socket socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
        lock (_lock)
        {
            _listening.Add(socket);
        }

        return socket;
    }

    /// <summary>Notes a connection that came in.</summary>
    public void Entered(Socket connection) => _unanswered.TryAdd(connection, 0);

    /// <summary>Notes that a connection got its first answer, or ended without one.</summary>
    public void Answered(Socket connection) => _unanswered.TryRemove(connection, out _);

    /// <summary>
    /// Lets nobody in any more and returns when everyone inside has been heard, but not before <paramref name="least"/>: who uses an open connection meanwhile
    /// hears that it is the last time. Nor after <paramref name="most"/>: a client may connect and say nothing.
    /// </summary>
    public async Task ShutAsync(TimeSpan least, TimeSpan most)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        Socket[] sockets;
        lock (_lock)
        {
            sockets = [.. _listening.Where(s => s.ProtocolType == ProtocolType.Tcp)];
        }

        Array.ForEach(sockets, Shut);
        long start = Environment.TickCount64;
        for (TimeSpan passed; (passed = TimeSpan.FromMilliseconds(Environment.TickCount64 - start)) < most;)
        {
            if (passed >= least && !Array.Exists(sockets, HasQueue) && !_unanswered.Keys.Any(IsUnheard))
            {
                return;
            }

            await Task.Delay(5);
        }
    }

    private static unsafe void Shut(Socket socket)
    {
        fixed (Instruction* program = DropsSyn)
        {
            var filter = new Filter((ushort)DropsSyn.Length, (nint)program);
            try
            {
                socket.SetRawSocketOption(SolSocket, SoAttachFilter, MemoryMarshal.AsBytes(new ReadOnlySpan<Filter>(in filter)));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // A kernel that does not have it: those in the queue may be reset, as everywhere else.
            }
        }
    }

    private static bool HasQueue(Socket socket) => Read<uint>(socket, UnackedAt) > 0;

    /// <summary>Whether the server has not read yet what a connection that had no answer so far was opened for. One that waits for a slow picture has been heard.</summary>
    private static bool IsUnheard(Socket socket)
    {
        try
        {
            return socket.Available > 0 || Read<ulong>(socket, BytesReceivedAt) == 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>A field of the socket's tcp_info; null where the kernel does not tell.</summary>
    private static T? Read<T>(Socket socket, int at)
        where T : unmanaged
    {
        Span<byte> info = stackalloc byte[BytesReceivedAt + sizeof(ulong)];
        try
        {
            return socket.GetRawSocketOption(SolTcp, TcpInfo, info) == info.Length ? MemoryMarshal.Read<T>(info[at..]) : null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>struct sock_filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Filter(ushort Length, nint Program);
}
