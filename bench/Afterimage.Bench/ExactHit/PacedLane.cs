using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Afterimage.Bench.ExactHit;

/// <summary>One thread of the generator with its connections; waits in <c>ppoll</c> for the next moment or the next byte.</summary>
internal sealed unsafe partial class PacedLane : IDisposable
{
    private const short PollIn = 1;

    private readonly byte[] _request;
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly Socket[] _sockets;
    private readonly long[] _due;
    private readonly long[] _left;
    private readonly Queue<int> _free = new();
    private readonly PollDescriptor[] _polled;
    private readonly double _interval;
    private readonly long _end;
    private readonly bool _bodies;
    private double _next;

    public PacedLane(Uri url, string method, int connections, long start, double interval, long end)
    {
        (_next, _interval, _end, _bodies) = (start, interval, end, method != "HEAD");
        _request = Encoding.ASCII.GetBytes($"{method} {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\n\r\n");
        _sockets = new Socket[connections];
        _polled = new PollDescriptor[connections];
        (_due, _left) = (new long[connections], new long[connections]);
        for (int i = 0; i < connections; i++)
        {
            Socket socket = _sockets[i] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, url.Port);
            socket.Blocking = false;
            _polled[i] = new PollDescriptor { Descriptor = (int)socket.Handle, Events = PollIn };
            _free.Enqueue(i);
        }
    }

    public LatencyHistogram Latencies { get; } = new();

    public long Unanswered { get; private set; }

    public long Errors { get; private set; }

    public void Run()
    {
        for (long now = Stopwatch.GetTimestamp(); now < _end + Stopwatch.Frequency; now = Stopwatch.GetTimestamp())
        {
            for (; _next <= now && _next < _end && _free.TryDequeue(out int connection); _next += _interval)
            {
                Begin(connection, (long)_next);
            }

            if (_next >= _end && _free.Count == _sockets.Length)
            {
                break;
            }

            // With a free connection the next moment wakes this thread; without one only an answer can.
            double wait = _free.Count > 0 && _next < _end ? Math.Max(0, _next - Stopwatch.GetTimestamp()) : Stopwatch.Frequency / 100.0;
            var timeout = new Timespec { Nanoseconds = (long)Math.Min(wait * 1e9 / Stopwatch.Frequency, 50_000_000) };
            fixed (PollDescriptor* polled = _polled)
            {
                if (Poll(polled, (nuint)_polled.Length, &timeout, null) > 0)
                {
                    ReceiveReady();
                }
            }
        }

        Unanswered = _sockets.Length - _free.Count + (_interval > 0 ? (long)Math.Max(0, (_end - _next) / _interval) : 0);
    }

    public void Dispose()
    {
        foreach (Socket socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private void Begin(int connection, long due)
    {
        (_due[connection], _left[connection]) = (due, -1);
        _sockets[connection].Send(_request);
    }

    private void ReceiveReady()
    {
        for (int i = 0; i < _polled.Length; i++)
        {
            while (_polled[i].Returned != 0)
            {
                int read = _sockets[i].Receive(_buffer, SocketFlags.None, out SocketError error);
                if (error == SocketError.WouldBlock || read == 0)
                {
                    _polled[i].Returned = 0;
                    if (error != SocketError.WouldBlock)
                    {
                        throw new InvalidOperationException($"the server closed a connection ({error})");
                    }
                }
                else if (Take(i, _buffer.AsSpan(0, read)))
                {
                    _polled[i].Returned = 0;
                    Latencies.Record((Stopwatch.GetTimestamp() - _due[i]) * 1e6 / Stopwatch.Frequency);
                    _free.Enqueue(i);
                }
            }
        }
    }

    /// <summary>True once the answer is complete.</summary>
    private bool Take(int connection, ReadOnlySpan<byte> bytes)
    {
        if (_left[connection] < 0)
        {
            int body = bytes.IndexOf("\r\n\r\n"u8) + 4;
            ReadOnlySpan<byte> head = bytes[..body];
            int length = head.IndexOf("\r\nContent-Length: "u8) + 18;
            Errors += head.StartsWith("HTTP/1.1 200"u8) ? 0 : 1;
            _left[connection] = System.Buffers.Text.Utf8Parser.TryParse(head[length..], out long value, out _) && length >= 18 && body >= 4
                ? (_bodies ? value : 0)
                : throw new InvalidOperationException("no Content-Length in the first bytes of an answer");
            bytes = bytes[body..];
        }

        _left[connection] -= bytes.Length;
        return _left[connection] == 0;
    }

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    private static partial int Poll(PollDescriptor* descriptors, nuint count, Timespec* timeout, void* signals);

    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
