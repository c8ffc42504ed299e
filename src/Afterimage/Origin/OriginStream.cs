using System.Runtime.InteropServices;
using System.Text;
using Afterimage.Gateway.HttpRoute;

namespace Afterimage.Origin;

/// <summary>
/// Sits on a connection to the origin, for two things that <see cref="HttpClient"/> does not let its users decide. It watches for interim responses (102,
/// 103), which are otherwise read and forgotten. And it refuses to write one exchange to a second connection: the handler repeats a request where a used
/// connection closes without an answer, but an origin that has read the request may have begun to draw. The bytes pass through unchanged.
/// Which exchange a connection is working for is known from the execution context in which the request is written: the handler
/// writes in the caller's context, and HTTP/1.1 connections carry one exchange at a time.
/// </summary>
internal sealed class OriginStream(Stream inner) : Stream
{
    /// <summary>Set before sending; the connection that writes the request picks it up.</summary>
    public static readonly AsyncLocal<Exchange?> Current = new();

    private const int HeadBytesMax = 16 << 10;

    private readonly List<byte> _head = [];
    private InterimWriter? _receiver;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Exchange? exchange = Current.Value;
        if (exchange?.Carrier is null)
        {
            _receiver = exchange?.Interim;
            _head.Clear();
            exchange?.Carrier = this;
        }
        else if (exchange.Carrier != this)
        {
            throw new IOException("the connection closed after the request was written");
        }

        await inner.WriteAsync(buffer, cancellationToken);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await inner.ReadAsync(buffer, cancellationToken);
        if (_receiver is not null && read > 0)
        {
            await WatchAsync(buffer[..read]);
        }

        return read;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task WatchAsync(ReadOnlyMemory<byte> bytes)
    {
        _head.AddRange(bytes.Span);
        while (_receiver is { } receiver)
        {
            if (!MayBeInterim() || _head.Count > HeadBytesMax)
            {
                _receiver = null;
                _head.Clear();
                return;
            }

            int end = CollectionsMarshal.AsSpan(_head).IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                return;
            }

            string head = Encoding.Latin1.GetString(CollectionsMarshal.AsSpan(_head)[..end]);
            _head.RemoveRange(0, end + 4);
            await receiver.WriteAsync(head);
        }
    }

    /// <summary>Whether what has come so far is, or may become, a status line of 1xx.</summary>
    private bool MayBeInterim()
    {
        ReadOnlySpan<byte> prefix = "HTTP/1.1 1"u8;
        int common = Math.Min(prefix.Length, _head.Count);
        return CollectionsMarshal.AsSpan(_head)[..common].SequenceEqual(prefix[..common]);
    }

    /// <summary>One request on its way.</summary>
    /// <param name="interim">Gets 102 and 103; null for none.</param>
    internal sealed class Exchange(InterimWriter? interim)
    {
        public InterimWriter? Interim => interim;

        /// <summary>The connection that carries it, from the first byte written.</summary>
        public OriginStream? Carrier { get; set; }
    }
}
