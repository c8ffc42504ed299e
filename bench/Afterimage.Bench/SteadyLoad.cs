using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Afterimage.Bench;

/// <summary>
/// Asks for pictures at a fixed pace over a few kept connections, a thread each, and notes how long every answer took. Where the answer before was late, time counts from when
/// the request was due and not from when it was sent, so that a server that stalls is charged for those who would have come meanwhile; that this thread was woken late is not the
/// server's fault. It sleeps between requests: a generator that spins until the next one takes a core from the server on the same machine, which a client elsewhere would not.
/// </summary>
internal sealed partial class SteadyLoad(Uri server, IReadOnlyList<string> targets, int connections, int perSecond)
{
    /// <summary>Milliseconds of every answer, unordered. Throws where an answer is no hit.</summary>
    public async Task<List<double>> RunAsync(TimeSpan time)
    {
        var all = new List<double>();
        List<double>[] each = await Task.WhenAll(Enumerable.Range(0, connections).Select(i =>
            Task.Factory.StartNew(() => Run(i, time), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        foreach (List<double> some in each)
        {
            all.AddRange(some);
        }

        return all;
    }

    private List<double> Run(int connection, TimeSpan time)
    {
        byte[][] requests = [.. targets.Select(t => Encoding.ASCII.GetBytes($"GET {t} HTTP/1.1\r\nHost: {server.Authority}\r\n\r\n"))];
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, server.Port);
        byte[] buffer = new byte[1 << 20];
        double interval = (double)Stopwatch.Frequency * connections / perSecond;
        int count = (int)(time.TotalSeconds * perSecond / connections);
        var took = new List<double>(count);

        // The connections take turns.
        double due = Stopwatch.GetTimestamp() + (interval * connection / connections);
        for (int i = 0; i < count; i++, due += interval)
        {
            bool late = Stopwatch.GetTimestamp() >= due;
            SleepUntil((long)due);
            double start = late ? due : Stopwatch.GetTimestamp();
            socket.Send(requests[(i + (connection * 7)) % requests.Length]);
            ReadHit(socket, buffer);
            took.Add((Stopwatch.GetTimestamp() - start) * 1000 / Stopwatch.Frequency);
        }

        return took;
    }

    private static void SleepUntil(long due)
    {
        long nanoseconds = (long)((due - Stopwatch.GetTimestamp()) * (1e9 / Stopwatch.Frequency));
        if (nanoseconds <= 0)
        {
            return;
        }

        if (OperatingSystem.IsLinux())
        {
            // Thread.Sleep knows milliseconds only.
            var time = new TimeSpec((nint)(nanoseconds / 1_000_000_000), (nint)(nanoseconds % 1_000_000_000));
            _ = NanoSleep(time, 0);
        }
        else
        {
            Thread.Sleep(TimeSpan.FromMicroseconds(nanoseconds / 1000));
        }
    }

    private static void ReadHit(Socket socket, byte[] buffer)
    {
        int filled = 0, head;
        while ((head = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) < 0)
        {
            filled += Read(socket, buffer.AsSpan(filled));
        }

        string headers = Encoding.ASCII.GetString(buffer, 0, head);
        if (!headers.Contains("X-Cache: HIT", StringComparison.Ordinal))
        {
            throw new InvalidOperationException("not a hit: " + headers);
        }

        int at = headers.IndexOf("Content-Length: ", StringComparison.Ordinal) + "Content-Length: ".Length;
        int end = headers.IndexOf('\r', at);
        int length = int.Parse(headers.AsSpan(at, (end < 0 ? headers.Length : end) - at));
        while (filled < head + 4 + length)
        {
            filled += Read(socket, buffer.AsSpan(filled));
        }
    }

    private static int Read(Socket socket, Span<byte> room) => socket.Receive(room) is > 0 and int read ? read : throw new IOException("the gateway hung up");

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(in TimeSpec time, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(nint Seconds, nint Nanoseconds);
}
