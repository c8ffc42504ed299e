using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Afterimage.Tests.Gateway.HttpRoute;

/// <summary>An origin that answers with exactly the bytes a test wants, Latin-1; a null answer cuts the connection.</summary>
internal sealed class RawOrigin : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string, string?> _answer;

    public RawOrigin(Func<string, string?> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    /// <summary>Header sections as received.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public async ValueTask DisposeAsync()
    {
        // May be called by a test and again at its end.
        await _stop.CancelAsync();
        _listener.Stop();
    }

    /// <summary>Sends bytes to a server and reads until it has sent <paramref name="until"/> or closed.</summary>
    public static async Task<string> TalkAsync(Uri server, string request, string until)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        var received = new StringBuilder();
        byte[] buffer = new byte[4096];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!received.ToString().Contains(until, StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer, patience.Token);
            if (read == 0)
            {
                break;
            }

            received.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return received.ToString();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                var received = new StringBuilder();
                byte[] buffer = new byte[16384];
                while (true)
                {
                    int read = await stream.ReadAsync(buffer, _stop.Token);
                    if (read == 0)
                    {
                        return;
                    }

                    received.Append(Encoding.Latin1.GetString(buffer, 0, read));
                    string head = received.ToString();
                    if (!head.Contains("\r\n\r\n", StringComparison.Ordinal))
                    {
                        continue;
                    }

                    received.Clear();
                    Requests.Enqueue(head);
                    if (_answer(head) is not { } answer)
                    {
                        client.Client.Close(0);
                        return;
                    }

                    await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), _stop.Token);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
            {
                // The gateway closed the connection, or the test is over.
            }
        }
    }
}
