using System.Net.Sockets;
using System.Text;

namespace Afterimage.Tests.Scenarios;

/// <summary>A connection on which a test writes whatever bytes it likes.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TcpClient _client = new();
    private NetworkStream _stream = null!;

    public static async Task<RawClient> ConnectAsync(Uri address)
    {
        var raw = new RawClient();
        await raw._client.ConnectAsync(address.Host, address.Port);
        raw._stream = raw._client.GetStream();
        return raw;
    }

    public async Task SendAsync(string bytes) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(bytes));

    /// <summary>Says that nothing more comes.</summary>
    public void EndSending() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection as a client does that is gone.</summary>
    public void Reset()
    {
        _client.LingerState = new LingerOption(true, 0);
        _client.Close();
    }

    /// <summary>Waits until the server has ended the connection, without taking what it sent.</summary>
    public async Task UntilClosedAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            // A connection that was reset takes nothing any more.
            for (; ; await Task.Delay(20, limit.Token))
            {
                await _stream.WriteAsync("x"u8.ToArray(), limit.Token);
            }
        }
        catch (IOException)
        {
            // That is it.
        }
    }

    /// <summary>What comes next.</summary>
    public async Task<string> ReadSomeAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        byte[] piece = new byte[16_384];
        return Encoding.Latin1.GetString(piece, 0, await _stream.ReadAsync(piece, limit.Token));
    }

    /// <summary>Everything until the server closes the connection; what came before a reset counts.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var received = new MemoryStream();
        byte[] piece = new byte[16_384];
        try
        {
            for (int read; (read = await _stream.ReadAsync(piece, limit.Token)) > 0;)
            {
                received.Write(piece, 0, read);
            }
        }
        catch (IOException)
        {
            // Refused in the middle of what was still being sent.
        }

        return Encoding.Latin1.GetString(received.ToArray());
    }

    /// <summary>Sends, and reads until the server closes.</summary>
    public static async Task<string> ExchangeAsync(Uri address, string bytes)
    {
        using RawClient client = await ConnectAsync(address);
        try
        {
            await client.SendAsync(bytes);
        }
        catch (IOException)
        {
            // The server need not read to the end what it refuses.
        }

        return await client.ReadToEndAsync();
    }

    public void Dispose() => _client.Dispose();
}
