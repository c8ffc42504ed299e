using System.Net.Sockets;
using Afterimage.Caching;
using Afterimage.Configuration;
using Afterimage.Dialects;

namespace Afterimage.Origin;

/// <summary>
/// The connection to the image service. Asks for pictures (bounded in number and time) and carries everything else through. Faults come back as
/// values.
/// </summary>
internal sealed class OriginClient : IDisposable
{
    private readonly OriginOptions _options;
    private readonly Uri _base;
    private readonly string _basePath;
    private readonly HttpMessageInvoker _http;
    private readonly SemaphoreSlim? _places;
    private int _waiting;

    public OriginClient(OriginOptions options, Uri origin)
    {
        _options = options;
        _base = origin;
        _basePath = origin.AbsolutePath.TrimEnd('/');
        _http = new HttpMessageInvoker(OriginTransport.CreateHandler(TimeSpan.FromSeconds(options.ConnectTimeoutSeconds)));
        _places = options.ConcurrencyMax > 0 ? new SemaphoreSlim(options.ConcurrencyMax) : null;
    }

    /// <summary>Requests that wait for a place.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Sends a prepared request; only for the pass-through, which has no limits of its own.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _http.SendAsync(request, cancellationToken);

    /// <summary>The origin's address for a client's target, byte for byte: what the client percent-encoded stays so.</summary>
    public Uri AddressOf(RequestTarget target) => new(
        $"{_base.Scheme}://{_base.Authority}{_basePath}{target.Raw}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    /// <summary>
    /// Asks for a picture. The answer's body is bounded in time too: it breaks with <see cref="IOException"/> when the total time is over.
    /// </summary>
    public async Task<OriginAnswer> GetImageAsync(RequestTarget target, IReadOnlyList<KeyValuePair<string, string>> headers, CancellationToken cancellationToken)
    {
        if (!await EnterAsync(cancellationToken))
        {
            return new OriginAnswer(OriginFault.Overloaded, "the gateway's queue for the image service is full", TimeSpan.FromSeconds(5));
        }

        var call = new Call(_places, TimeSpan.FromSeconds(_options.TotalTimeoutSeconds), cancellationToken);
        try
        {
            using var firstByte = CancellationTokenSource.CreateLinkedTokenSource(call.Token);
            firstByte.CancelAfter(TimeSpan.FromSeconds(_options.FirstByteTimeoutSeconds));
            var request = new HttpRequestMessage(HttpMethod.Get, AddressOf(target));
            foreach ((string name, string value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            HttpResponseMessage response = await _http.SendAsync(request, firstByte.Token);
            call.Own(response);
            Stream body = await response.Content.ReadAsStreamAsync(call.Token);
            return new OriginAnswer((int)response.StatusCode, EndToEnd(response), new TimedStream(body, call.Token), response.Content.Headers.ContentLength, call);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            await call.DisposeAsync();
            return Describe(e);
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _places?.Dispose();
    }

    /// <summary>A response's headers without those of the connection.</summary>
    public static List<KeyValuePair<string, string>> EndToEnd(HttpResponseMessage response)
    {
        HashSet<string>? listed = HopByHop.ListedIn(response.Headers.Connection);
        var headers = new List<KeyValuePair<string, string>>(16);
        foreach (var header in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            if (HopByHop.Contains(header.Key) || listed?.Contains(header.Key) == true)
            {
                continue;
            }

            foreach (string value in header.Value)
            {
                headers.Add(new(header.Key, value));
            }
        }

        return headers;
    }

    private async ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        if (_places is null || _places.Wait(0, CancellationToken.None))
        {
            return true;
        }

        if (Interlocked.Increment(ref _waiting) > _options.QueueMax)
        {
            Interlocked.Decrement(ref _waiting);
            return false;
        }

        try
        {
            return await _places.WaitAsync(TimeSpan.FromSeconds(_options.TotalTimeoutSeconds), cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private OriginAnswer Describe(Exception e) => e switch
    {
        OperationCanceledException => new OriginAnswer(
            OriginFault.TimedOut, $"the image service did not begin to answer within {Math.Min(_options.FirstByteTimeoutSeconds, _options.TotalTimeoutSeconds):0.#} s"),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError }
            or { InnerException: SocketException } => new OriginAnswer(OriginFault.Unreachable, "no connection to the image service could be made"),
        _ => new OriginAnswer(OriginFault.Broken, "the image service broke the connection before it answered"),
    };

    /// <summary>One call's place and time; given back when the answer has been read.</summary>
    private sealed class Call : IAsyncDisposable
    {
        private readonly SemaphoreSlim? _places;
        private readonly CancellationTokenSource _time;
        private HttpResponseMessage? _response;
        private int _disposed;

        public Call(SemaphoreSlim? places, TimeSpan total, CancellationToken cancellationToken)
        {
            _places = places;
            _time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _time.CancelAfter(total);
        }

        public CancellationToken Token => _time.Token;

        public void Own(HttpResponseMessage response) => _response = response;

        public ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                _response?.Dispose();
                _time.Dispose();
                _places?.Release();
            }

            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Reads under the call's total time.</summary>
    private sealed class TimedStream(Stream inner, CancellationToken time) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, time);

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
