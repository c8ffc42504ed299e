using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Afterimage.Tests.Scenarios;

/// <summary>Stands before a server that a test may not stop, and can be taken away and brought back in its place.</summary>
internal sealed class TcpRelay(string host, int port) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<TcpClient, bool> _open = [];
    private TcpListener? _listener;

    /// <summary>Where it listens on loopback; the same after it was away.</summary>
    public int Port { get; private set; }

    public void Start()
    {
        var listener = new TcpListener(IPAddress.Loopback, Port);
        listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Start();
        (_listener, Port) = (listener, ((IPEndPoint)listener.LocalEndpoint).Port);
        _ = AcceptAsync(listener);
    }

    /// <summary>Breaks every connection and takes no more.</summary>
    public void Stop()
    {
        _listener?.Stop();
        foreach (TcpClient client in _open.Keys)
        {
            client.Close();
        }

        _open.Clear();
    }

    public ValueTask DisposeAsync()
    {
        Stop();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                TcpClient near = await listener.AcceptTcpClientAsync();
                _ = RelayAsync(near);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped.
        }
    }

    private async Task RelayAsync(TcpClient near)
    {
        using var far = new TcpClient();
        try
        {
            (_open[near], _open[far]) = (true, true);
            await far.ConnectAsync(host, port);
            await Task.WhenAny(near.GetStream().CopyToAsync(far.GetStream()), far.GetStream().CopyToAsync(near.GetStream()));
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Broken by either side, or by the test.
        }
        finally
        {
            near.Close();
            _open.TryRemove(near, out _);
            _open.TryRemove(far, out _);
        }
    }
}
