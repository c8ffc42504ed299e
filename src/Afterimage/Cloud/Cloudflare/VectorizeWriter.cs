using System.Buffers;
using Afterimage.Vectors;

namespace Afterimage.Cloud.Cloudflare;

/// <summary>
/// Sends the overlay's writes to Vectorize in the background, and has the overlay forget them once searches see them. What Vectorize does not take stays in
/// the overlay and is tried again.
/// </summary>
internal sealed class VectorizeWriter : IAsyncDisposable
{
    /// <summary>Writes collected by live traffic; more means that Vectorize has not taken any for a long time.</summary>
    public const int UnsentMax = 50_000;

    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(60);

    private readonly VectorizeApi _api;
    private readonly VectorizeOverlay _overlay;
    private readonly VectorizeOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<CancellationToken, ValueTask> _prepare;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _sender;
    private DateTimeOffset _progressAsked;
    private VectorizeProgress _progress;

    /// <param name="prepare">Returns once the index can be written.</param>
    public VectorizeWriter(VectorizeApi api, VectorizeOverlay overlay, VectorizeOptions options, TimeProvider time, Func<CancellationToken, ValueTask> prepare)
    {
        (_api, _overlay, _options, _time, _prepare) = (api, overlay, options, time, prepare);
        _sender = SendRegularlyAsync(_stopping.Token);
    }

    /// <summary>Sends what waits into an index that is prepared. When it returns, Vectorize has accepted every write made before the call.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            for (List<VectorizeOverlay.Write> writes = _overlay.TakeUnsent(UnsentMax); writes.Count > 0; writes = _overlay.TakeUnsent(UnsentMax))
            {
                await SendAddsAsync([.. writes.Where(w => w.Record is not null)], cancellationToken);
                foreach (VectorizeOverlay.Write[] part in writes.Where(w => w.Record is null).Chunk(VectorizeLimits.DeleteIds))
                {
                    string mutation = await _api.DeleteAsync([.. part.Select(w => w.Entry.ToBase64Url())], cancellationToken);
                    _overlay.Sent(part, _time.GetUtcNow(), mutation);
                }
            }

            _overlay.Trim(_options.OverlayWritesMax);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends what still waits, as far as that goes within a few seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _sender;
        if (_overlay.Unsent > 0)
        {
            using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(10), _time);
            try
            {
                await _prepare(bound.Token);
                await FlushAsync(bound.Token);
            }
            catch (Exception e) when (e is VectorIndexUnavailableException or OperationCanceledException)
            {
                // The entries are stored; the next reconcile finds that their vectors are missing.
            }
        }

        _stopping.Dispose();
        _sending.Dispose();
    }

    private async Task SendAddsAsync(List<VectorizeOverlay.Write> writes, CancellationToken cancellationToken)
    {
        var upload = new ArrayBufferWriter<byte>();
        var line = new ArrayBufferWriter<byte>();
        int from = 0;
        for (int i = 0; i < writes.Count; i++)
        {
            line.ResetWrittenCount();
            VectorizeWire.WriteLine(line, writes[i].Record!.Value);
            if (i > from && (i - from == _options.UploadVectorsMax || upload.WrittenCount + line.WrittenCount > _options.UploadBytesMax))
            {
                await SendUploadAsync(upload, writes[from..i], cancellationToken);
                from = i;
            }

            upload.Write(line.WrittenSpan);
        }

        if (writes.Count > from)
        {
            await SendUploadAsync(upload, writes[from..], cancellationToken);
        }
    }

    private async Task SendUploadAsync(ArrayBufferWriter<byte> upload, List<VectorizeOverlay.Write> writes, CancellationToken cancellationToken)
    {
        string mutation = await _api.UpsertAsync(upload.WrittenMemory, cancellationToken);
        _overlay.Sent(writes, _time.GetUtcNow(), mutation);
        upload.ResetWrittenCount();
    }

    private async Task SendRegularlyAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Math.Max(50, _options.FlushAfterMs)), _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                try
                {
                    if (_overlay.Unsent > 0)
                    {
                        await _prepare(stopping);
                        await FlushAsync(stopping);
                    }

                    await ForgetProcessedAsync(stopping);
                }
                catch (VectorIndexUnavailableException)
                {
                    // The next tick tries again.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task ForgetProcessedAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = _time.GetUtcNow(), before = now - TimeSpan.FromSeconds(_options.OverlaySeconds);
        if (_overlay.OldestSent <= before && now - _progressAsked >= ProgressEvery)
        {
            _progressAsked = now;
            // What had been processed at the last look, so that a query that began before the processing has long ended.
            VectorizeProgress earlier = _progress;
            _progress = await _api.InfoAsync(cancellationToken);
            _overlay.Forget(before, earlier, ClockSkew);
        }
    }
}
