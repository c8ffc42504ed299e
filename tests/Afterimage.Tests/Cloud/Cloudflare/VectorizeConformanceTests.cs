using Afterimage.Cloud.Cloudflare;
using Afterimage.Tests.Conformance;
using Afterimage.Vectors;

namespace Afterimage.Tests.Cloud.Cloudflare;

/// <summary>Vectorize keeps the promises of every index while it shows nothing yet: all answers come from the overlay.</summary>
public sealed class VectorizeUnsettledConformanceTests : VectorizeConformance
{
    protected override bool Settled => false;
}

/// <summary>Vectorize keeps the promises of every index when every write has arrived: all answers come from Vectorize.</summary>
public sealed class VectorizeSettledConformanceTests : VectorizeConformance
{
    protected override bool Settled => true;
}

/// <summary>The stand-in without delays and rate limit; both are tested on their own.</summary>
public abstract class VectorizeConformance : VectorIndexConformance, IAsyncDisposable
{
    private readonly Lazy<Task<CloudflareStandIn>> _standIn = new(async () =>
    {
        CloudflareStandIn standIn = await CloudflareStandIn.StartAsync();
        standIn.RequestsPerFiveMinutes = int.MaxValue;
        return standIn;
    });

    private CloudflareClient? _client;

    protected abstract bool Settled { get; }

    protected override float Tolerance => 1e-6f;

    protected override int Rounds => 20;

    protected override async ValueTask<IVectorIndex> OpenAsync(string spaceId, int dimensions)
    {
        CloudflareStandIn standIn = await _standIn.Value;
        _client ??= new CloudflareClient(new CloudflareOptions
        {
            AccountId = CloudflareStandIn.AccountId,
            ApiToken = CloudflareStandIn.Token,
            ApiBase = standIn.ApiBase,
            RequestsPerFiveMinutes = 10_000_000,
        });
        var index = new VectorizeIndex(_client, new VectorizeOptions { FlushAfterMs = 60_000 }, spaceId, dimensions);
        await index.CheckAsync(default);
        return Settled ? new SettlingIndex(index) : index;
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_standIn.IsValueCreated)
        {
            await (await _standIn.Value).DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    private sealed class SettlingIndex(VectorizeIndex index) : IVectorIndex
    {
        public string SpaceId => index.SpaceId;

        public int Dimensions => index.Dimensions;

        public async ValueTask AddAsync(IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken)
        {
            await index.AddAsync(records, cancellationToken);
            await index.SettleAsync(cancellationToken);
        }

        public async ValueTask<int> RemoveAsync(IReadOnlyList<Hash256> entries, CancellationToken cancellationToken)
        {
            int removed = await index.RemoveAsync(entries, cancellationToken);
            await index.SettleAsync(cancellationToken);
            return removed;
        }

        public ValueTask<IReadOnlyList<Neighbor>> SearchAsync(VectorQuery query, CancellationToken cancellationToken) => index.SearchAsync(query, cancellationToken);

        public ValueTask<long> CountAsync(Hash256? partition, CancellationToken cancellationToken) => index.CountAsync(partition, cancellationToken);

        public IAsyncEnumerable<VectorPlace> EnumerateAsync(CancellationToken cancellationToken) => index.EnumerateAsync(cancellationToken);

        public ValueTask FlushAsync(CancellationToken cancellationToken) => index.FlushAsync(cancellationToken);

        public ValueTask DisposeAsync() => index.DisposeAsync();
    }
}
