using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Afterimage.Entries;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Afterimage.Gateway.Sockets;

/// <summary>
/// The input of a plain HTTP/1.1 connection, in place of Kestrel's own. While Kestrel waits for a request, those that <see cref="KnownRequests"/> recognises by their bytes are answered
/// here and Kestrel never sees them; everything else it gets as it came. Parsing and writing heads that are the same each time took
/// two fifths of the time that a small hit spent in this process (decision 0008).
/// <para>
/// Only where it is certain that a request begins may bytes be taken for one: at the start of a connection, behind an answer given here, and behind a request that had no body
/// (<see cref="Answered"/>). Nobody else uses the output meanwhile: Kestrel's own producer writes to it only within a request, and its end of the connection
/// comes behind the reading.
/// </para>
/// </summary>
internal sealed class RepeatReader : PipeReader, IDisposable
{
    private const int SmallFileBytes = 16 * 1024;

    private const int UnseenSecondsMax = 90;

    private const double SlowSecondsMax = 86_400;
    private static readonly TimeSpan SlowGrace = TimeSpan.FromSeconds(5);

    private readonly PipeReader _inner;
    private readonly SocketOutput _output;
    private readonly ConnectionContext _connection;
    private readonly KnownRequests _known;
    private readonly int _bytesPerSecondMin;
    private CancellationTokenSource? _slow;

    // The request that Kestrel has at the moment, where it is to be learned. Gone as soon as Kestrel reads on: what it has then may be another.
    private byte[]? _left;
    private long _unseenUntil = UnseenUntil();
    private bool _requestBegins = true;

    private RepeatReader(PipeReader inner, SocketOutput output, ConnectionContext connection, KnownRequests known, int bytesPerSecondMin) =>
        (_inner, _output, _connection, _known, _bytesPerSecondMin) = (inner, output, connection, known, bytesPerSecondMin);

    /// <summary>Kestrel's clock for idle connections runs on while it sees no requests; it sees one at least as often as this.</summary>
    public static TimeSpan UnseenMax => TimeSpan.FromSeconds(UnseenSecondsMax);

    /// <summary>Puts itself between Kestrel and the input of every connection of an endpoint; behind <see cref="SocketOutput.Use"/>.</summary>
    /// <param name="bytesPerSecondMin">A client that takes less is cut off; 0 for never.</param>
    public static void Use(ListenOptions listen, KnownRequests known, int bytesPerSecondMin) => listen.Use(next => async connection =>
    {
        if (connection.Features.Get<SocketOutput>() is not { } output)
        {
            await next(connection);
            return;
        }

        IDuplexPipe transport = connection.Transport;
        using var reader = new RepeatReader(transport.Input, output, connection, known, bytesPerSecondMin);
        connection.Transport = new Duplex(reader, transport.Output);
        connection.Features.Set(reader);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = transport;
        }
    });

    /// <summary>The reader of this request's connection; null where the connection is encrypted or has none.</summary>
    public static RepeatReader? Of(HttpContext context) => SocketOutput.Of(context) is null ? null : context.Features.Get<RepeatReader>();

    /// <summary>
    /// Told by who answers a request that has no body and leaves the connection open: the next bytes that Kestrel asks for begin a request. Returns the head of this one, where
    /// its fields are not known.
    /// </summary>
    public byte[]? Answered()
    {
        byte[]? left = _left;
        (_requestBegins, _left) = (true, null);
        return left;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        _left = null;
        return _requestBegins ? ReadRequestAsync(cancellationToken) : _inner.ReadAsync(cancellationToken);
    }

    public override bool TryRead(out ReadResult result)
    {
        (_requestBegins, _left) = (false, null);
        return _inner.TryRead(out result);
    }

    public override void AdvanceTo(SequencePosition consumed) => _inner.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => _inner.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => _inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _inner.Complete(exception);

    public void Dispose() => _slow?.Dispose();

    /// <summary>Answers what it can; returns with what it cannot.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> ReadRequestAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await _inner.ReadAsync(cancellationToken);
            if (read.IsCanceled || read.IsCompleted || Environment.TickCount64 > _unseenUntil || !_known.TryFind(read.Buffer.FirstSpan, out KnownRequest request))
            {
                return Leave(read);
            }

            KnownAnswer? found = request.Line.Target.TryAnswer(request, out KnownAnswer atOnce) ? atOnce : await OpenAsync(request);
            if (found is not { } answer)
            {
                request.Line.Head = null;
                return Leave(read);
            }

            if (!TryWrite(answer))
            {
                // Its file does not give what it should.
                answer.Entry?.Distrust();
                answer.Entry?.Dispose();
                return Leave(read);
            }

            _inner.AdvanceTo(read.Buffer.GetPosition(request.Length));
            _known.CountRecognised();
            request.Line.Target.Account(answer);
            await SendAsync(answer, cancellationToken);
        }
    }

    /// <summary>Sends what was put together. Of its own, so that a connection that waits for its next request keeps nothing of the last answer.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync(KnownAnswer answer, CancellationToken cancellationToken)
    {
        using OpenEntry? opened = answer.Entry;
        ValueTask<FlushResult> flushing = _output.FlushAsync(cancellationToken);
        if ((flushing.IsCompletedSuccessfully ? flushing.Result : await WatchAsync(flushing, answer.Bytes)).IsCompleted)
        {
            if (_output.FileFailed)
            {
                opened?.Distrust();
            }

            _connection.Abort(new ConnectionAbortedException("The client is gone, or the file of what it asked for is shorter than it was."));
        }
    }

    // Each connection at a time of its own: all at once would be felt.
    private static long UnseenUntil() => Environment.TickCount64 + Random.Shared.Next(UnseenSecondsMax * 500, UnseenSecondsMax * 1000);

    /// <summary>Gives a request to Kestrel.</summary>
    private ReadResult Leave(in ReadResult read)
    {
        _requestBegins = false;
        _unseenUntil = UnseenUntil();
        _left = _known.ToLearn(read.Buffer.FirstSpan);
        return read;
    }

    private async ValueTask<KnownAnswer?> OpenAsync(KnownRequest request)
    {
        try
        {
            return await request.Line.Target.OpenAsync(request, _connection.ConnectionClosed);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Puts the answer together; false where that cannot be done here, and then nothing is sent.</summary>
    private bool TryWrite(in KnownAnswer answer)
    {
        _output.Add(answer.Head.Bytes);
        if (answer.Content is not { } content)
        {
            return true;
        }

        if (content.Body is { } body)
        {
            _output.Add(body);
            return true;
        }

        try
        {
            int length = (int)Math.Min(content.Length, int.MaxValue);
            if (content.File is { } file && length >= SmallFileBytes && SendFile.IsSupported)
            {
                _output.Add(new FilePart(file.Handle, file.Offset, content.Length));
                return true;
            }

            if (content.File is { } small && length < SmallFileBytes && RandomAccess.Read(small.Handle, _output.GetSpan(length)[..length], small.Offset) == length)
            {
                _output.Advance(length);
                return true;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Said by who answers it in the usual way.
        }

        _output.Discard();
        return false;
    }

    /// <summary>Waits for a client that does not take everything at once, as long as Kestrel would.</summary>
    private async ValueTask<FlushResult> WatchAsync(ValueTask<FlushResult> flushing, long bytes)
    {
        if (_bytesPerSecondMin == 0)
        {
            return await flushing;
        }

        if (_slow is null)
        {
            _slow = new CancellationTokenSource();
            _slow.Token.Register(() => _connection.Abort(new ConnectionAbortedException("The client takes its answer too slowly.")));
        }

        _slow.CancelAfter(SlowGrace + TimeSpan.FromSeconds(Math.Min((double)bytes / _bytesPerSecondMin, SlowSecondsMax)));
        FlushResult result = await flushing;
        _slow.CancelAfter(Timeout.InfiniteTimeSpan);
        return result;
    }
}
