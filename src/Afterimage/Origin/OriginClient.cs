using Afterimage.Caching;
using Afterimage.Configuration;
using Afterimage.Dialects;

namespace Afterimage.Origin;

/// <summary>Asks the image service for pictures, bounded in number and time. Faults come back as values.</summary>
internal sealed class OriginClient(OriginOptions options, OriginPool pool, OriginLimits limits, TimeProvider time)
{
    /// <summary>
    /// Asks for a picture. The answer's body is bounded in time too: it breaks with <see cref="IOException"/> or <see cref="OperationCanceledException"/>
    /// when the total time is over.
    /// </summary>
    /// <param name="target">As the client sent it, or with the seed of a variant.</param>
    /// <param name="model">Whose limit counts.</param>
    /// <param name="headers">From <see cref="ForwardedHeaders.OfImage"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<OriginAnswer> GetImageAsync(
        RequestTarget target, string model, IReadOnlyList<KeyValuePair<string, string>> headers, CancellationToken cancellationToken)
    {
        (OriginLimits.Place? place, OriginAnswer? fault) = await limits.EnterAsync(model, cancellationToken);
        if (place is null)
        {
            return fault!;
        }

        var call = new Call(place, TimeSpan.FromSeconds(options.TotalTimeoutSeconds), time, cancellationToken);
        var request = new HttpRequestMessage(HttpMethod.Get, (Uri?)null);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        try
        {
            OriginReply reply = call.Reply = await pool.SendAsync(request, target, null, cancellationToken);
            if (reply.Response is { } response)
            {
                Stream body = await reply.OpenContentAsync(cancellationToken);
                return new OriginAnswer((int)response.StatusCode, EndToEnd(response), new TimedStream(body, reply, call.Token), response.Content.Headers.ContentLength, call);
            }

            await call.DisposeAsync();
            return reply.Failure!;
        }
        catch
        {
            await call.DisposeAsync();
            throw;
        }
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

    /// <summary>One call's place and time; given back when the answer has been read.</summary>
    private sealed class Call : IAsyncDisposable
    {
        private readonly OriginLimits.Place _place;
        private readonly CancellationTokenSource _total;
        private readonly CancellationTokenSource _either;
        private int _disposed;

        public Call(OriginLimits.Place place, TimeSpan total, TimeProvider time, CancellationToken cancellationToken)
        {
            _place = place;
            _total = new CancellationTokenSource(total, time);
            _either = CancellationTokenSource.CreateLinkedTokenSource(_total.Token, cancellationToken);
        }

        public CancellationToken Token => _either.Token;

        public OriginReply? Reply { get; set; }

        public ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                Reply?.Dispose();
                _either.Dispose();
                _total.Dispose();
                _place.Dispose();
            }

            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Reads under the call's total time, and counts an answer that does not end in it as broken off.</summary>
    private sealed class TimedStream(Stream inner, OriginReply reply, CancellationToken time) : ReadingStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await inner.ReadAsync(buffer, time);
            }
            catch (OperationCanceledException)
            {
                reply.GaveUp();
                throw;
            }
        }
    }
}
