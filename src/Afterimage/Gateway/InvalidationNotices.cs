using Afterimage.Caching.Http;
using Afterimage.Gateway.HttpRoute;

namespace Afterimage.Gateway;

/// <summary>
/// What unsafe requests made void here, on its way to the other gateways. Clients cause these, not the operator: they do not wait for the database, and what
/// comes while one notice is being published goes into the next, so that any number of requests is one row at a time. Bounded: what is too much becomes "everything".
/// Thread-safe.
/// </summary>
/// <param name="publish">Publishes one notice; keeps it where that must wait. Does not throw.</param>
internal sealed class InvalidationNotices(Func<IReadOnlyCollection<HttpPurge>, Task> publish) : IAsyncDisposable
{
    /// <summary>Resources in one notice.</summary>
    public const int CountMax = 1_000;

    private readonly Lock _lock = new();
    private HashSet<ResourceKey> _waiting = [];
    private Task? _publishing;

    /// <summary>Tells the others soon.</summary>
    public void Add(ResourceKey key)
    {
        lock (_lock)
        {
            // One more than fits is remembered, and says that it did not.
            if (_waiting.Count <= CountMax && _waiting.Add(key))
            {
                _publishing ??= Task.Run(PublishAsync);
            }
        }
    }

    /// <summary>Returns once everything added before is published.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? publishing;
        lock (_lock)
        {
            publishing = _publishing;
        }

        await (publishing ?? Task.CompletedTask);
    }

    private async Task PublishAsync()
    {
        while (true)
        {
            HashSet<ResourceKey> taken;
            lock (_lock)
            {
                if (_waiting.Count == 0)
                {
                    _publishing = null;
                    return;
                }

                (taken, _waiting) = (_waiting, []);
            }

            await publish(taken.Count > CountMax ? [new HttpPurge(null, null)] : [.. taken.Select(key => new HttpPurge(key.Target, key.Scope))]);
        }
    }
}
