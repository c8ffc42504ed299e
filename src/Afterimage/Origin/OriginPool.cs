using System.Runtime.ExceptionServices;
using Afterimage.Caching;
using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Gateway.HttpRoute;

namespace Afterimage.Origin;

/// <summary>
/// The addresses of the image service. Chooses the least loaded by weight among those that are well, asks another only where the first surely did not
/// start work, and stops asking one that fails again and again. Faults come back as values. Thread-safe.
/// </summary>
internal sealed class OriginPool : IDisposable
{
    private static readonly TimeSpan PauseBeforeSame = TimeSpan.FromMilliseconds(100);

    private readonly OriginOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;
    private readonly OriginHealth? _health;
    private int _turn;

    public OriginPool(OriginOptions options, IReadOnlyList<OriginServer> servers, TimeProvider time)
    {
        (_options, _time, Servers) = (options, time, servers);
        _http = new HttpMessageInvoker(OriginTransport.CreateHandler(TimeSpan.FromSeconds(options.ConnectTimeoutSeconds)));
        _health = options.Health.Path.Length > 0 ? new OriginHealth(servers, _http, options.Health, time) : null;
        OriginMeters.Register(this);
    }

    public IReadOnlyList<OriginServer> Servers { get; }

    /// <summary>Sends a request and returns with the header section of the answer.</summary>
    /// <param name="message">Its address is set here. It is disposed.</param>
    /// <param name="target">What is asked for, path and query.</param>
    /// <param name="interim">Gets 102 and 103 while waiting; null for none.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <remarks>Where the client's own content (<see cref="ClientContent"/>) cannot be read, what its reading threw is thrown.</remarks>
    public async Task<OriginReply> SendAsync(HttpRequestMessage message, RequestTarget target, InterimWriter? interim, CancellationToken cancellationToken)
    {
        using (message)
        {
            var tried = new HashSet<OriginServer>();
            OriginReply? reply = null;
            for (int attempt = 0; attempt <= _options.RetryMax; attempt++)
            {
                (OriginServer.Permit? permit, OriginReply? refused) = await EnterAsync(tried);
                if (permit is null)
                {
                    return reply ?? refused!;
                }

                TimeSpan pause = tried.Add(permit.Server) ? TimeSpan.Zero : PauseBeforeSame;
                reply = await AskAsync(message, target, permit, pause, interim, cancellationToken);

                // Without a connection nobody has read the request. Anything else may have been the start of a picture.
                if (reply.Failure?.Fault != OriginFault.Unreachable)
                {
                    return reply;
                }
            }

            return reply!;
        }
    }

    public void Dispose()
    {
        OriginMeters.Unregister(this);
        _health?.Dispose();
        _http.Dispose();
    }

    /// <summary>The best server that lets a call in, those not tried yet first.</summary>
    private async ValueTask<(OriginServer.Permit? Permit, OriginReply? Refused)> EnterAsync(HashSet<OriginServer> tried)
    {
        TimeSpan wait = TimeSpan.MaxValue;
        int turn = Interlocked.Increment(ref _turn) & int.MaxValue;

        // Where the checks find none well, the checks may be what is wrong: then the breakers alone decide.
        bool anyHealthy = Servers.Any(s => s.IsHealthy);
        IEnumerable<OriginServer> order = Servers.Count == 1 ? Servers : Servers
            .Select((server, i) => (Server: server, Turn: (i + turn) % Servers.Count))
            .Where(s => s.Server.IsHealthy || !anyHealthy)
            .OrderBy(s => tried.Contains(s.Server)).ThenBy(s => (s.Server.Active + 1.0) / s.Server.Weight).ThenBy(s => s.Turn)
            .Select(s => s.Server);
        foreach (OriginServer server in order)
        {
            OriginServer.Permit permit = await server.EnterAsync();
            if (permit.RefusedFor is not { } refusedFor)
            {
                return (permit, null);
            }

            wait = refusedFor < wait ? refusedFor : wait;
        }

        double seconds = Math.Max(1, Math.Ceiling(wait.TotalSeconds));
        OriginMeters.Refused("breaker-open");
        return (null, new OriginReply(OriginFault.BreakerOpen, $"the image service failed again and again; it is asked again in {seconds:0} s", TimeSpan.FromSeconds(seconds)));
    }

    private async Task<OriginReply> AskAsync(
        HttpRequestMessage message, RequestTarget target, OriginServer.Permit permit, TimeSpan pause, InterimWriter? interim, CancellationToken cancellationToken)
    {
        var limit = TimeSpan.FromSeconds(_options.FirstByteTimeoutSeconds);
        using var firstByte = new CancellationTokenSource(limit, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(firstByte.Token, cancellationToken);
        var content = message.Content as ClientContent;
        content?.Time(firstByte, limit);
        string outcome = "answered";
        CallVerdict? verdict = CallVerdict.Failed;
        try
        {
            await Task.Delay(pause, stop.Token);
            message.RequestUri = permit.Server.AddressOf(target);
            OriginStream.Current.Value = new OriginStream.Exchange(interim);
            HttpResponseMessage response = await _http.SendAsync(message, stop.Token);
            verdict = null;
            return new OriginReply(response, permit);
        }
        catch (Exception) when (content?.Fault is not null)
        {
            (outcome, verdict) = ("client-broke-off", CallVerdict.Unjudged);
            ExceptionDispatchInfo.Throw(content.Fault);
            throw;
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException && !stop.IsCancellationRequested)
        {
            outcome = nameof(OriginFault.Unreachable);
            return new OriginReply(OriginFault.Unreachable, $"no connection to the image service could be made within {_options.ConnectTimeoutSeconds:0.#} s");
        }
        catch (OperationCanceledException) when (firstByte.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            (outcome, verdict) = (nameof(OriginFault.TimedOut), CallVerdict.TimedOut);
            return new OriginReply(OriginFault.TimedOut, $"the image service did not begin to answer within {_options.FirstByteTimeoutSeconds:0.#} s");
        }
        catch (OperationCanceledException)
        {
            (outcome, verdict) = ("cancelled", CallVerdict.Unjudged);
            throw;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            OriginReply reply = Describe(e);
            outcome = reply.Failure!.Fault.ToString()!;
            return reply;
        }
        finally
        {
            content?.Time(null);
            if (verdict is { } ended)
            {
                permit.End(ended);
            }

            OriginMeters.Called(permit.Server, outcome);
        }
    }

    private static OriginReply Describe(Exception e) => (e as HttpRequestException)?.HttpRequestError switch
    {
        HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError =>
            new OriginReply(OriginFault.Unreachable, "no connection to the image service could be made"),
        HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded =>
            new OriginReply(OriginFault.Invalid, "what the image service answered is not valid HTTP"),
        _ => new OriginReply(OriginFault.Broken, "the image service broke the connection before it answered"),
    };
}
