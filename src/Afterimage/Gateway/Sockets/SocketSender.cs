using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Afterimage.Gateway.Sockets;

/// <summary>Sends pieces of memory as one message, one message at a time, without allocating for each and without carrying execution contexts.</summary>
internal sealed class SocketSender(Socket socket, SocketOutput output) : SocketAsyncEventArgs(true), IValueTaskSource<FlushResult>
{
    private const int Sending = 1;
    private const int Closed = 2;

    private ManualResetValueTaskSourceCore<FlushResult> _done;
    private int _state;

    /// <summary>Ends when the socket has taken everything, or has failed (<see cref="FlushResult.IsCompleted"/>).</summary>
    public ValueTask<FlushResult> SendAsync(List<ArraySegment<byte>> pieces)
    {
        _done.Reset();
        Interlocked.Or(ref _state, Sending);
        try
        {
            BufferList = pieces;
            if (socket.SendAsync(this))
            {
                return new ValueTask<FlushResult>(this, _done.Version);
            }
        }
        catch (ObjectDisposedException)
        {
            SocketError = SocketError.OperationAborted;
        }

        return new ValueTask<FlushResult>(End());
    }

    /// <summary>No more sends. False where one is under way: its end will clean up.</summary>
    public bool TryClose()
    {
        int before = Interlocked.Or(ref _state, Closed);
        if (before == 0)
        {
            Dispose();
        }

        return before == 0;
    }

    protected override void OnCompleted(SocketAsyncEventArgs e) => _done.SetResult(End());

    private FlushResult End()
    {
        FlushResult result = output.Sent(SocketError != SocketError.Success);
        if ((Interlocked.And(ref _state, ~Sending) & Closed) != 0)
        {
            Dispose();
        }

        return result;
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);
}
