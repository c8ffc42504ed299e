using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Afterimage.Bench;

/// <summary>
/// Asks for pictures at a fixed pace over a few kept connections, a thread each, and notes how long every answer took. Time counts from when a request was due and
/// not from when it was sent, so that a server that stalls is charged for those who would have come meanwhile.
/// </summary>
internal sealed class SteadyLoad(Uri server, IReadOnlyList<string> targets, int connections, int perSecond)
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
            WaitUntil((long)due);
            socket.Send(requests[(i + (connection * 7)) % requests.Length]);
            ReadHit(socket, buffer);
            took.Add((Stopwatch.GetTimestamp() - due) * 1000 / Stopwatch.Frequency);
        }

        return took;
    }

    // Sleeping ends late by tens of microseconds, which is far less than what is measured and leaves the processor to the server.
    private static void WaitUntil(long due)
    {
        while (due - Stopwatch.GetTimestamp() is var left and > 0)
        {
            TimeSpan sleep = TimeSpan.FromSeconds((double)left / Stopwatch.Frequency);
            if (sleep.TotalMilliseconds > 1)
            {
                Thread.Sleep(sleep - TimeSpan.FromMilliseconds(0.5));
            }
            else
            {
                Thread.Yield();
            }
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
}
