using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Win32.SafeHandles;

namespace Afterimage.Gateway.Sockets;

/// <summary>
/// The output of a plain HTTP/1.1 connection, in place of Kestrel's own. Kestrel copies every body into blocks of 4 KB and sends those; here stored content
/// goes out from where it is: from the memory tier's array, or from its file by <c>sendfile</c>. Whoever has it lends it (<see cref="TryLend(ReadOnlyMemory{byte})"/>),
/// asks the response for room of exactly its length, is given the content itself, and advances over it without writing.
/// <para>Like any <see cref="PipeWriter"/> it is used by one thread at a time; a flush ends when the socket has taken everything.</para>
/// </summary>
internal sealed class SocketOutput : PipeWriter, IDisposable
{
    private const int BlockBytes = 4096;

    // Only its length matters: what is sent in its place is a part of a file.
    private static readonly byte[] FileStandIn = GC.AllocateUninitializedArray<byte>(FilePieceBytesMax);

    private readonly PipeWriter _inner;
    private readonly Socket _socket;
    private readonly SocketSender _sender;
    private readonly Door? _door;
    private readonly List<ArraySegment<byte>> _pieces = [];
    private readonly List<byte[]> _blocks = [];
    private byte[] _block = [];
    private int _blockStart;
    private int _blockEnd;
    private long _unflushed;
    private ArraySegment<byte> _lent;
    private bool _lentTaken;
    private FilePart _lentFile;
    private FilePart _file;
    private bool _failed;
    private bool _answered;
    private int _cancelled;

    private SocketOutput(PipeWriter inner, Socket socket, Door? door)
    {
        (_inner, _socket, _door) = (inner, socket, door);
        door?.Entered(socket);
        _sender = new SocketSender(socket, this);
    }

    /// <summary>The largest part of a file that can be lent at once.</summary>
    public const int FilePieceBytesMax = 1 << 20;

    /// <summary>Whether a flush failed for want of the file: the client may be there still, and will be told by the end of the connection.</summary>
    public bool FileFailed { get; private set; }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed;

    /// <summary>Puts itself between Kestrel and the socket of every connection of an endpoint.</summary>
    /// <param name="door">Told when a connection came in and when it had its first answer; null for nobody.</param>
    public static void Use(ListenOptions listen, Door? door = null) => listen.Use(next => async connection =>
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            await next(connection);
            return;
        }

        IDuplexPipe transport = connection.Transport;
        using var output = new SocketOutput(transport.Output, socket, door);
        connection.Transport = new Duplex(transport.Input, output);
        connection.Features.Set(output);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = transport;
        }
    });

    /// <summary>The output of this request's connection, if content can be lent to it: neither encrypted nor shared by several requests.</summary>
    public static SocketOutput? Of(HttpContext context) =>
        context.Request.Protocol == HttpProtocol.Http11 && !context.Request.IsHttps ? context.Features.Get<SocketOutput>() : null;

    /// <summary>The next request for room of exactly this length is answered with these bytes. They must not change until they are sent.</summary>
    public bool TryLend(ReadOnlyMemory<byte> bytes) => MemoryMarshal.TryGetArray(bytes, out _lent);

    /// <summary>The next request for room of exactly this length is answered with a stand-in for this part of a file. Linux only.</summary>
    /// <param name="count">At most <see cref="FilePieceBytesMax"/>.</param>
    public bool TryLend(SafeFileHandle file, long offset, int count)
    {
        if (!SendFile.IsSupported || _file.Count > 0)
        {
            return false;
        }

        _lent = new ArraySegment<byte>(FileStandIn, 0, count);
        _lentFile = new FilePart(file, offset, count);
        return true;
    }

    /// <summary>Whether the room that was given is what was lent. If it is not, the loan is over and the room is to be filled as any other.</summary>
    public bool IsLent(Memory<byte> room)
    {
        if (_lentTaken && MemoryMarshal.TryGetArray((ReadOnlyMemory<byte>)room, out ArraySegment<byte> given) && given.Array == _lent.Array)
        {
            return true;
        }

        EndLoan();
        return false;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_lent.Count > 0 && sizeHint == _lent.Count)
        {
            _lentTaken = true;
            return _lent;
        }

        if (_block.Length - _blockEnd < Math.Max(1, sizeHint))
        {
            SealBlock();
            _block = ArrayPool<byte>.Shared.Rent(Math.Max(BlockBytes, sizeHint));
            _blocks.Add(_block);
            _blockStart = _blockEnd = 0;
        }

        return _block.AsMemory(_blockEnd);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        _unflushed += bytes;
        if (!_lentTaken)
        {
            _blockEnd += bytes;
            return;
        }

        SealBlock();
        if (_lentFile.Count > 0)
        {
            _file = _lentFile;
        }
        else
        {
            _pieces.Add(_lent[..bytes]);
        }

        EndLoan();
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        SealBlock();
        if (_failed || (_pieces.Count == 0 && _file.Count == 0))
        {
            return new ValueTask<FlushResult>(Flushed());
        }

        Answered();
        return _file.Count > 0 ? FlushFileAsync() : _sender.SendAsync(_pieces);
    }

    /// <summary>
    /// Puts bytes behind what was written, for the next flush, as they are; they must not change until they are sent. For whoever answers in Kestrel's place, while that
    /// waits for a request.
    /// </summary>
    public void Add(ReadOnlyMemory<byte> bytes)
    {
        SealBlock();
        if (!MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> piece))
        {
            piece = bytes.ToArray();
        }

        _pieces.Add(piece);
    }

    /// <summary>Puts a part of a file behind what was written, as the last of the next flush. Linux only (<see cref="SendFile.IsSupported"/>).</summary>
    public void Add(in FilePart part)
    {
        SealBlock();
        _file = part;
    }

    /// <summary>Forgets what was not flushed.</summary>
    public void Discard() => Release();

    public override void CancelPendingFlush() => Volatile.Write(ref _cancelled, 1);

    public override void Complete(Exception? exception = null)
    {
        SealBlock();
        if (_sender.TryClose())
        {
            // What nobody flushed goes the usual way, behind what was sent.
            foreach (ArraySegment<byte> piece in exception is null && !_failed ? _pieces : [])
            {
                _inner.Write(piece);
            }

            Release();
        }

        _inner.Complete(exception);
    }

    public void Dispose()
    {
        Answered();
        Complete();
    }

    /// <summary>Called by the sender when the socket has taken the pieces, or has not.</summary>
    internal FlushResult Sent(bool failed)
    {
        _failed |= failed;
        return Flushed();
    }

    private void Answered()
    {
        if (!_answered)
        {
            _answered = true;
            _door?.Answered(_socket);
        }
    }

    private FlushResult Flushed()
    {
        Release();
        return new FlushResult(Interlocked.Exchange(ref _cancelled, 0) != 0, _failed);
    }

    private ValueTask<FlushResult> FlushFileAsync()
    {
        // The header fits into the socket's buffer almost always, and the file's first part joins it in one packet.
        if (_pieces.Count == 1)
        {
            _pieces[0] = _pieces[0][SendFile.SendHeader(_socket.SafeHandle, _pieces[0])..];
            _pieces.RemoveAll(static piece => piece.Count == 0);
        }

        SendFileOutcome outcome = _pieces.Count == 0 ? SendFile.TrySend(_socket.SafeHandle, ref _file) : SendFileOutcome.Full;
        return outcome == SendFileOutcome.Full ? FlushFileSlowlyAsync() : new ValueTask<FlushResult>(Sent(outcome));
    }

    private FlushResult Sent(SendFileOutcome outcome)
    {
        FileFailed |= outcome == SendFileOutcome.FileFailed;
        return Sent(failed: outcome != SendFileOutcome.Sent);
    }

    /// <summary>Where the socket is full: waits by sending a little in the usual way, then goes on.</summary>
    private async ValueTask<FlushResult> FlushFileSlowlyAsync()
    {
        FilePart file = _file;
        while (true)
        {
            if (_pieces.Count == 0)
            {
                byte[] block = ArrayPool<byte>.Shared.Rent((int)Math.Min(file.Count, 4 * BlockBytes));
                _blocks.Add(block);
                int read = ReadSome(file, block);
                if (read == 0)
                {
                    return Sent(SendFileOutcome.FileFailed);
                }

                file = file.After(read);
                _pieces.Add(new ArraySegment<byte>(block, 0, read));
            }

            _file = default;
            FlushResult result = await _sender.SendAsync(_pieces);
            if (result.IsCompleted || file.Count == 0)
            {
                return result;
            }

            if (SendFile.TrySend(_socket.SafeHandle, ref file) is not SendFileOutcome.Full and var outcome)
            {
                return Sent(outcome);
            }
        }
    }

    private static int ReadSome(in FilePart file, byte[] block)
    {
        try
        {
            return RandomAccess.Read(file.Handle, block.AsSpan(0, (int)Math.Min(file.Count, block.Length)), file.Offset);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private void SealBlock()
    {
        if (_blockEnd > _blockStart)
        {
            _pieces.Add(new ArraySegment<byte>(_block, _blockStart, _blockEnd - _blockStart));
            _blockStart = _blockEnd;
        }
    }

    private void EndLoan()
    {
        _lent = default;
        _lentFile = default;
        _lentTaken = false;
    }

    /// <summary>Forgets what is sent. An idle connection holds no buffer.</summary>
    private void Release()
    {
        _pieces.Clear();
        _file = default;
        foreach (byte[] block in _blocks)
        {
            ArrayPool<byte>.Shared.Return(block);
        }

        _blocks.Clear();
        _block = [];
        _blockStart = _blockEnd = 0;
        _unflushed = 0;
    }
}
