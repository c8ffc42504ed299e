using Afterimage.Caching;
using Afterimage.Caching.Http;
using Afterimage.Dialects;
using Afterimage.Origin;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>Sends requests to the origin and reads header sections. Thread-safe; knows nothing of caching but the validators it is given.</summary>
internal sealed class OriginExchange(OriginPool pool, OriginLimits limits, HttpRouteOptions options, TimeProvider time)
{
    private static readonly HashSet<string> EndingHere = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Expect", "Proxy-Authorization", "X-Forwarded-For",
    };

    /// <summary>Sends one request and disposes it. Only an attempt that found no connection is repeated.</summary>
    /// <param name="target">What is asked for.</param>
    /// <param name="message">From <see cref="Build"/>.</param>
    /// <param name="interim">Gets 102 and 103 while waiting; null for none. It is closed when this returns.</param>
    public async Task<(OriginHead? Head, OriginAnswer? Failure)> SendAsync(string target, HttpRequestMessage message, InterimWriter? interim)
    {
        (OriginLimits.Place? place, OriginAnswer? fault) = await limits.EnterAsync("", CancellationToken.None);
        if (place is null)
        {
            message.Dispose();
            return (null, fault);
        }

        try
        {
            DateTimeOffset requestTime = time.GetUtcNow();
            OriginReply reply = await pool.SendAsync(message, new RequestTarget(target), interim, CancellationToken.None);
            if (reply.Response is null)
            {
                return (null, reply.Failure);
            }

            var head = new OriginHead(reply, place, requestTime, time.GetUtcNow());
            place = null;
            return (head, null);
        }
        finally
        {
            place?.Dispose();
            await (interim?.CloseAsync() ?? Task.CompletedTask);
        }
    }

    /// <summary>The request as it goes to the origin: end-to-end fields as they came, and <c>Via</c>.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="conditions">Where not empty they take the place of the client's own preconditions and range.</param>
    public HttpRequestMessage Build(in RouteRequest request, Preconditioned conditions)
    {
        HttpRequest incoming = request.Context.Request;
        HttpRequestMessage message = Begin(request.Method);
        message.Content = request.HasContent ? new ClientContent(incoming) : incoming.ContentLength == 0 ? new ByteArrayContent([]) : null;
        CopyFields(incoming, message, dropPreconditions: conditions.Any);
        Add(message, conditions);
        return message;
    }

    /// <summary>A GET of our own for what is stored: whatever the client did with it, and under whatever conditions, is its own affair. May be sent after its request is over.</summary>
    public HttpRequestMessage BuildRefresh(in RouteRequest request, Preconditioned conditions)
    {
        HttpRequestMessage message = Begin(HttpMethods.Get);
        CopyFields(request.Context.Request, message, dropPreconditions: true);
        Add(message, conditions);
        return message;
    }

    private static HttpRequestMessage Begin(string method) => new(MethodOf(method), (Uri?)null)
    {
        Version = System.Net.HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    private static void Add(HttpRequestMessage message, Preconditioned conditions)
    {
        Add(message, "If-None-Match", conditions.IfNoneMatch);
        Add(message, "If-Modified-Since", conditions.IfModifiedSince);
        Add(message, "Range", conditions.Range);
        Add(message, "If-Range", conditions.IfRange);
    }

    private static void Add(HttpRequestMessage message, string name, string? value)
    {
        if (value is not null)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private void CopyFields(HttpRequest incoming, HttpRequestMessage message, bool dropPreconditions)
    {
        List<string> named = HttpToken.List(new RequestFields(incoming.Headers).Get("Connection"));
        string? via = null;
        foreach (var (name, values) in incoming.Headers)
        {
            if (IsOurs(name) || ConnectionFields.IsHopByHop(name) || named.Contains(name, StringComparer.OrdinalIgnoreCase)
                || (dropPreconditions && IsPrecondition(name)))
            {
                continue;
            }

            if (name.Equals("Via", StringComparison.OrdinalIgnoreCase))
            {
                via = values.ToString();
                continue;
            }

            IEnumerable<string> lines = values.Where(value => value is not null)!;
            if (!message.Headers.TryAddWithoutValidation(name, lines))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, lines);
            }
        }

        // Whom an answer is for cannot change it: the origin may log the address, and must say Vary or private if it does more.
        if (incoming.HttpContext.Connection.RemoteIpAddress is { } client)
        {
            message.Headers.TryAddWithoutValidation("X-Forwarded-For", client.ToString());
        }

        string own = $"1.1 {options.CacheName}";
        message.Headers.TryAddWithoutValidation("Via", via is null ? own : $"{via}, {own}");
    }

    /// <summary>Fields that end here: the connection to the origin has its own.</summary>
    private static bool IsOurs(string name) => name.StartsWith(':') || EndingHere.Contains(name) || ForwardedHeaders.Redirects(name);

    private static bool IsPrecondition(string name) => name.Length is 5 or 8 or 13 or 17
        && (name.Equals("If-None-Match", StringComparison.OrdinalIgnoreCase) || name.Equals("If-Modified-Since", StringComparison.OrdinalIgnoreCase)
            || name.Equals("Range", StringComparison.OrdinalIgnoreCase) || name.Equals("If-Range", StringComparison.OrdinalIgnoreCase));

    private static HttpMethod MethodOf(string method) => method switch
    {
        "GET" => HttpMethod.Get,
        "HEAD" => HttpMethod.Head,
        _ => new HttpMethod(method),
    };
}
