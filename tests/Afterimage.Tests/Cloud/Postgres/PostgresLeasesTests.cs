using Afterimage.Caching;
using Afterimage.Cloud.Postgres;
using Xunit;

namespace Afterimage.Tests.Cloud.Postgres;

public sealed class PostgresLeasesTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task One_of_many_gateways_gets_the_lease_and_the_others_are_told_when_it_is_done()
    {
        PostgresOptions options = await postgres.OptionsAsync();
        await using var gateways = await Gateways.StartAsync(options, 4);
        Hash256 key = Hash256.Of("a lighthouse at dawn");
        int origin = 0;
        string? stored = null;

        // What a gateway does: look for the entry, ask for the lease, look again, generate, store, let go.
        async Task<string> ServeAsync(PostgresLeases leases)
        {
            for (; ; )
            {
                if (Volatile.Read(ref stored) is { } picture)
                {
                    return picture;
                }

                LeaseAnswer answer = await leases.AcquireAsync(key, Patience, default);
                if (answer.Lease is { } lease)
                {
                    await using (lease)
                    {
                        if (Volatile.Read(ref stored) is null)
                        {
                            Interlocked.Increment(ref origin);
                            await Task.Delay(200);
                            Volatile.Write(ref stored, "picture");
                        }
                    }
                }
                else
                {
                    Assert.Equal(LeaseOutcome.Released, answer.Outcome);
                }
            }
        }

        string[] served = await Task.WhenAll(gateways.Leases.SelectMany(l => Enumerable.Range(0, 5).Select(_ => ServeAsync(l))));
        Assert.All(served, picture => Assert.Equal("picture", picture));
        Assert.Equal(1, origin);
    }

    [Fact]
    public async Task Leases_of_different_keys_do_not_wait_for_each_other()
    {
        await using var gateways = await Gateways.StartAsync(await postgres.OptionsAsync(), 2);
        await using GenerationLease one = (await gateways.Leases[0].AcquireAsync(Hash256.Of("one"), Patience, default)).Lease!;
        await using GenerationLease two = (await gateways.Leases[1].AcquireAsync(Hash256.Of("two"), Patience, default)).Lease!;
        Assert.False(one.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_gateway_that_dies_keeps_its_lease_no_longer_than_it_lasts()
    {
        await using var gateways = await Gateways.StartAsync(await postgres.OptionsAsync(), 2, TimeSpan.FromSeconds(2));
        Hash256 key = Hash256.Of("key");
        Assert.Equal(LeaseOutcome.Acquired, (await gateways.Leases[0].AcquireAsync(key, Patience, default)).Outcome);
        Assert.Equal(LeaseOutcome.Busy, (await gateways.Leases[1].AcquireAsync(key, TimeSpan.Zero, default)).Outcome);

        await gateways.Leases[0].DieAsync();
        Assert.Equal(LeaseOutcome.Released, (await gateways.Leases[1].AcquireAsync(key, Patience, default)).Outcome);
        Assert.Equal(LeaseOutcome.Acquired, (await gateways.Leases[1].AcquireAsync(key, Patience, default)).Outcome);
    }

    [Fact]
    public async Task A_row_that_an_attempt_left_whose_answer_was_lost_is_taken_over_by_its_own_gateway_at_once()
    {
        await using var gateways = await Gateways.StartAsync(await postgres.OptionsAsync(), 2, TimeSpan.FromSeconds(60));
        Hash256 key = Hash256.Of("key");
        await gateways.Leases[0].TakeAndForgetAsync(key);
        Assert.Equal(LeaseOutcome.Busy, (await gateways.Leases[1].AcquireAsync(key, TimeSpan.Zero, default)).Outcome);

        await using GenerationLease lease = (await gateways.Leases[0].AcquireAsync(key, TimeSpan.Zero, default)).Lease!;
        Assert.Equal(LeaseOutcome.Busy, (await gateways.Leases[0].AcquireAsync(key, TimeSpan.Zero, default)).Outcome);
    }

    [Fact]
    public async Task A_living_holder_keeps_its_lease_for_as_long_as_it_needs()
    {
        await using var gateways = await Gateways.StartAsync(await postgres.OptionsAsync(), 2, TimeSpan.FromSeconds(5));
        Hash256 key = Hash256.Of("key");
        LeaseAnswer held = await gateways.Leases[0].AcquireAsync(key, Patience, default);
        Assert.Equal(LeaseOutcome.Busy, (await gateways.Leases[1].AcquireAsync(key, TimeSpan.FromSeconds(7), default)).Outcome);
        Assert.False(held.Lease!.Lost.IsCancellationRequested);
        await held.Lease.DisposeAsync();
        Assert.Equal(LeaseOutcome.Acquired, (await gateways.Leases[1].AcquireAsync(key, Patience, default)).Outcome);
    }

    [Fact]
    public async Task Without_the_database_a_gateway_goes_on_alone()
    {
        await using PostgresDatabase database = new(new PostgresOptions { ConnectionString = "Host=127.0.0.1;Port=1;Username=u;Timeout=1" });
        await using PostgresLeases leases = new(database);
        Assert.Equal(LeaseOutcome.Unavailable, (await leases.AcquireAsync(Hash256.Of("key"), Patience, default)).Outcome);
    }

    private sealed class Gateways : IAsyncDisposable
    {
        private readonly List<PostgresDatabase> _databases = [];

        public List<PostgresLeases> Leases { get; } = [];

        public static async Task<Gateways> StartAsync(PostgresOptions options, int count, TimeSpan? duration = null)
        {
            var gateways = new Gateways();
            for (int i = 0; i < count; i++)
            {
                var database = new PostgresDatabase(options);
                Assert.Empty(await database.CheckAsync(default));
                gateways._databases.Add(database);
                gateways.Leases.Add(new PostgresLeases(database, duration));
            }

            return gateways;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (PostgresLeases leases in Leases)
            {
                await leases.DisposeAsync();
            }

            foreach (PostgresDatabase database in _databases)
            {
                await database.DisposeAsync();
            }
        }
    }
}
