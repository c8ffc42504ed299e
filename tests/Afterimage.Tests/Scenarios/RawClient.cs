using System.Net.Sockets;
using System.Text;

namespace Afterimage.Tests.Scenarios;

/// <summary>A connection on which a test writes whatever bytes it likes.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TcpClient _client = new();

    public static async Task<RawClient> ConnectAsync(Uri address)
    {
        var raw = new RawClient();
        await raw._client.ConnectAsync(address.Host, address.Port);
        return raw;
    }

    public async Task SendAsync(string bytes) => await _client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(bytes));

    /// <summary>Everything until the server closes the connection; what came before a reset counts.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var received = new MemoryStream();
        byte[] piece = new byte[16_384];
        try
        {
            for (int read; (read = await _client.GetStream().ReadAsync(piece, limit.Token)) > 0;)
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
