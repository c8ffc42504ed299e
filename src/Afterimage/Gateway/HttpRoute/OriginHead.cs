using Afterimage.Caching.Http;
using Afterimage.Origin;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>The header section of an origin's answer, its content still to be read. Dispose it to give the connection back.</summary>
internal sealed class OriginHead : IDisposable
{
    private readonly OriginReply _reply;
    private readonly IDisposable _place;
    private int _disposed;

    /// <param name="reply">With a response; disposed with this.</param>
    /// <param name="place">Given back with this.</param>
    public OriginHead(OriginReply reply, IDisposable place, DateTimeOffset requestTime, DateTimeOffset responseTime)
    {
        HttpResponseMessage message = reply.Response!;
        (_reply, _place) = (reply, place);
        Status = (int)message.StatusCode;
        Reason = message.ReasonPhrase;
        RequestTime = requestTime;
        ResponseTime = responseTime;
        ContentLength = message.Content.Headers.ContentLength;
        Raw = ReadFields(message);
        EndToEnd = ConnectionFields.EndToEnd(Raw);
    }

    public int Status { get; }

    public string? Reason { get; }

    /// <summary>Everything as received, hop-by-hop fields too.</summary>
    public HttpFields Raw { get; }

    /// <summary>What goes on to the client.</summary>
    public HttpFields EndToEnd { get; }

    public DateTimeOffset RequestTime { get; }

    public DateTimeOffset ResponseTime { get; }

    /// <summary>Announced length; null where the end of the content says it. Read early, because the message may be gone when it is asked for.</summary>
    public long? ContentLength { get; }

    public Task<Stream> OpenContentAsync(CancellationToken cancellationToken) => _reply.OpenContentAsync(cancellationToken);

    /// <summary>Notes that the rest of the content was not waited for any longer.</summary>
    public void GaveUp() => _reply.GaveUp();

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _reply.Dispose();
            _place.Dispose();
        }
    }

    /// <summary>The non-validated view keeps values as they came, also those that the typed collections would refuse or rewrite.</summary>
    private static HttpFields ReadFields(HttpResponseMessage message)
    {
        var lines = new List<KeyValuePair<string, string>>(16);
        foreach (var (name, values) in message.Headers.NonValidated)
        {
            foreach (string value in values)
            {
                lines.Add(new(name, value));
            }
        }

        foreach (var (name, values) in message.Content.Headers.NonValidated)
        {
            foreach (string value in values)
            {
                lines.Add(new(name, value));
            }
        }

        return new HttpFields(lines);
    }
}
