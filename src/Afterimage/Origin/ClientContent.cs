using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Afterimage.Origin;

/// <summary>
/// A client's content on its way to the origin. What goes wrong on the client's side is told apart from what goes wrong at the origin, and while the client is
/// waited for the origin's time does not run.
/// </summary>
internal sealed class ClientContent(HttpRequest request) : HttpContent
{
    private const int PieceBytes = 64 * 1024;

    private readonly Lock _lock = new();
    private CancellationTokenSource? _timer;
    private TimeSpan _limit;

    /// <summary>Why the client's content could not be read; null where it could.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>The origin's time, to be stopped while the client is waited for; null for none.</summary>
    public void Time(CancellationTokenSource? timer, TimeSpan limit = default)
    {
        lock (_lock)
        {
            (_timer, _limit) = (timer, limit);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        byte[] piece = new byte[PieceBytes];
        for (int read; (read = await ReadAsync(piece, cancellationToken)) > 0;)
        {
            await stream.WriteAsync(piece.AsMemory(0, read), cancellationToken);
        }
    }

    private async ValueTask<int> ReadAsync(byte[] piece, CancellationToken cancellationToken)
    {
        Run(false);
        try
        {
            return await request.Body.ReadAsync(piece, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Kestrel speaks of some malformed bodies as of a fault of the connection.
            Fault = e is IOException and not (BadHttpRequestException or ConnectionResetException) ? new BadHttpRequestException(e.Message, e) : e;
            throw;
        }
        finally
        {
            Run(true);
        }
    }

    private void Run(bool runs)
    {
        lock (_lock)
        {
            _timer?.CancelAfter(runs ? _limit : Timeout.InfiniteTimeSpan);
        }
    }
}
