using System.Net;
using System.Net.Sockets;

namespace Afterimage.Tests.Scenarios;

/// <summary>Accepts connections on loopback and never says a word: what a dependency behind a broken network looks like.</summary>
internal sealed class SilentServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    // The listen queue accepts; nobody takes from it.
    public SilentServer() => _listener.Start(4_000);

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();
}
