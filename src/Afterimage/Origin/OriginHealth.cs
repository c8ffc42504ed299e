using Afterimage.Configuration;
using Afterimage.Dialects;

namespace Afterimage.Origin;

/// <summary>Active checks: asks every address in turn whether it is well, so that a dead one gets no requests to find that out with.</summary>
internal sealed class OriginHealth : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpMessageInvoker _http;
    private readonly HealthOptions _options;
    private readonly TimeProvider _time;

    public OriginHealth(IReadOnlyList<OriginServer> servers, HttpMessageInvoker http, HealthOptions options, TimeProvider time)
    {
        (_http, _options, _time) = (http, options, time);
        foreach (OriginServer server in servers)
        {
            _ = Task.Run(() => RunAsync(server, _stop.Token));
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task RunAsync(OriginServer server, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(_options.IntervalSeconds), _time);
        try
        {
            do
            {
                server.Checked(await IsWellAsync(server, stop), _options.FailuresMax);
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task<bool> IsWellAsync(OriginServer server, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(_options.TimeoutSeconds), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, server.AddressOf(new RequestTarget(_options.Path)));
            using HttpResponseMessage response = await _http.SendAsync(message, either.Token);
            return (int)response.StatusCode < 400;
        }
        catch (Exception e) when (!stop.IsCancellationRequested && e is HttpRequestException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
