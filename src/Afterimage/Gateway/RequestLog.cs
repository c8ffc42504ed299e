using System.Buffers;
using System.Globalization;
using System.Text;
using Afterimage.Configuration;

namespace Afterimage.Gateway;

/// <summary>How a request was answered; one word in log and metrics.</summary>
internal enum Tier
{
    Exact,
    Semantic,
    Joined,
    Miss,
    Bypass,
    Forward,
    Error,
}

/// <summary>
/// One line a request: id, tier, status, verdict, similarity, origin time, bytes. Nothing that identifies a client, and no prompt. Lines are gathered and
/// written four times a second, because a write each would cost more than a hit.
/// </summary>
internal sealed class RequestLog : IAsyncDisposable
{
    private const int BufferMax = 1 << 20;
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(2);

    private readonly RequestLogLevel _level;
    private readonly Stream _output;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Lock _writing = new();
    private readonly ITimer _timer;
    private ArrayBufferWriter<byte> _front = new(64 * 1024);
    private ArrayBufferWriter<byte> _back = new(64 * 1024);
    private (long Number, string Text) _second = (-1, "");
    private long _dropped;

    public RequestLog(RequestLogLevel level, Stream output, TimeProvider time)
    {
        _level = level;
        _output = output;
        _time = time;
        _timer = time.CreateTimer(_ => Flush(TimeSpan.Zero), null, TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(250));
    }

    public void Write(string id, Tier tier, int status, long bytes, float? similarity = null, string? verdict = null, TimeSpan? originTime = null)
    {
        if (_level == RequestLogLevel.Off || (_level == RequestLogLevel.Decisions && tier == Tier.Exact))
        {
            return;
        }

        lock (_lock)
        {
            if (_front.WrittenCount > BufferMax)
            {
                _dropped++;
                return;
            }

            Span<byte> line = _front.GetSpan(256 + (verdict?.Length ?? 0) * 3);
            if (!Format(line, id, tier, status, bytes, similarity, originTime, out int written))
            {
                return;
            }

            if (verdict is not null)
            {
                written += Encoding.UTF8.GetBytes(" verdict=\"", line[written..]);
                written += Encoding.UTF8.GetBytes(verdict.Replace('"', '\'').ReplaceLineEndings(" "), line[written..]);
                line[written++] = (byte)'"';
            }

            line[written++] = (byte)'\n';
            _front.Advance(written);
        }
    }

    private bool Format(Span<byte> line, string id, Tier tier, int status, long bytes, float? similarity, TimeSpan? originTime, out int written)
    {
        // Dates are dear to format: a second's once a second.
        long ticks = _time.GetUtcNow().UtcTicks;
        (long second, long milliseconds) = (ticks / TimeSpan.TicksPerSecond, ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMillisecond);
        if (_second.Number != second)
        {
            _second = (second, new DateTime(second * TimeSpan.TicksPerSecond).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture));
        }

        bool fits = System.Text.Unicode.Utf8.TryWrite(
            line, CultureInfo.InvariantCulture, $"{_second.Text}.{milliseconds:D3}Z id={id} tier={NameOf(tier)} status={status} bytes={bytes}", out written);
        if (fits && similarity is { } s)
        {
            fits = System.Text.Unicode.Utf8.TryWrite(line[written..], CultureInfo.InvariantCulture, $" similarity={s:0.000}", out int more);
            written += more;
        }

        if (fits && originTime is { } t)
        {
            fits = System.Text.Unicode.Utf8.TryWrite(line[written..], CultureInfo.InvariantCulture, $" origin_ms={t.TotalMilliseconds:0}", out int more);
            written += more;
        }

        return fits;
    }

    /// <summary>The tier's word in logs and metrics.</summary>
    public static string NameOf(Tier tier) => tier switch
    {
        Tier.Exact => "exact",
        Tier.Semantic => "semantic",
        Tier.Joined => "joined",
        Tier.Miss => "miss",
        Tier.Bypass => "bypass",
        Tier.Forward => "forward",
        _ => "error",
    };

    /// <summary>Writes what is gathered; does nothing while an earlier write waits for the log's reader, which may take for ever.</summary>
    /// <param name="patience">How long to wait for such a write.</param>
    private void Flush(TimeSpan patience)
    {
        if (!_writing.TryEnter(patience))
        {
            return;
        }

        try
        {
            // The swap keeps requests from waiting for the terminal.
            long dropped;
            lock (_lock)
            {
                (_front, _back) = (_back, _front);
                (dropped, _dropped) = (_dropped, 0);
            }

            _output.Write(_back.WrittenSpan);
            if (dropped > 0)
            {
                _output.Write(Encoding.UTF8.GetBytes($"({dropped} lines not written: the log's reader is too slow)\n"));
            }

            _output.Flush();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Standard output is gone; the gateway serves on.
        }
        finally
        {
            _back.ResetWrittenCount();
            _writing.Exit();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Not the timer's own wait for its callback: that may be the write that does not end.
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await Task.Run(() => Flush(LastPatience));
        _timer.Dispose();
    }
}
