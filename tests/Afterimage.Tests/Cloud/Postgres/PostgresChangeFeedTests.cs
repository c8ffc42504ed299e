using System.Threading.Channels;
using Afterimage.Cloud.Coordination;
using Afterimage.Cloud.Postgres;
using Npgsql;
using Xunit;

namespace Afterimage.Tests.Cloud.Postgres;

public sealed class PostgresChangeFeedTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_change_reaches_every_gateway_once_and_in_order()
    {
        PostgresOptions options = await postgres.OptionsAsync();
        await using Listener one = await Listener.StartAsync(options);
        await using Listener two = await Listener.StartAsync(options);
        for (int i = 0; i < 5; i++)
        {
            Assert.True(await one.Feed.PublishAsync("purge", $"{{\"number\":{i}}}", default));
        }

        foreach (Listener listener in new[] { one, two })
        {
            for (int i = 0; i < 5; i++)
            {
                Change change = await listener.NextAsync();
                Assert.Equal(("purge", $"{{\"number\":{i}}}", listener == one), (change.Kind, change.Payload, change.Own));
            }
        }

        Assert.Equal(one.Feed.Position, two.Feed.Position);
    }

    [Fact]
    public async Task A_gateway_reads_on_from_where_it_was()
    {
        PostgresOptions options = await postgres.OptionsAsync();
        long position;
        await using (Listener first = await Listener.StartAsync(options))
        {
            await first.Feed.PublishAsync("purge", "1", default);
            await first.NextAsync();
            position = first.Feed.Position;
            await first.Feed.PublishAsync("purge", "2", default);
            await first.NextAsync();
        }

        await using Listener again = await Listener.StartAsync(options, position);
        Assert.Equal("2", (await again.NextAsync()).Payload);
    }

    [Fact]
    public async Task A_gateway_that_was_away_for_too_long_is_told_to_start_over()
    {
        PostgresOptions options = await postgres.OptionsAsync();
        await using Listener writer = await Listener.StartAsync(options);
        for (int i = 0; i < 4; i++)
        {
            await writer.Feed.PublishAsync("feedback", $"{i}", default);
            await writer.NextAsync();
        }

        await using (var source = NpgsqlDataSource.Create(options.ConnectionString))
        {
            await using NpgsqlCommand expire = source.CreateCommand($"DELETE FROM {options.Schema}.change WHERE id <= 3");
            await expire.ExecuteNonQueryAsync();
        }

        await using Listener late = await Listener.StartAsync(options, position: 1);
        Assert.Equal(Change.ResyncKind, (await late.NextAsync()).Kind);
        Assert.Equal("3", (await late.NextAsync()).Payload);
    }

    [Fact]
    public async Task A_handler_that_fails_does_not_stop_the_feed()
    {
        await using Listener listener = await Listener.StartAsync(await postgres.OptionsAsync());
        listener.Feed.Received += change => throw new InvalidOperationException(change.Kind);
        await listener.Feed.PublishAsync("purge", "1", default);
        await listener.Feed.PublishAsync("purge", "2", default);
        Assert.Equal("1", (await listener.NextAsync()).Payload);
        Assert.Equal("2", (await listener.NextAsync()).Payload);
    }

    [Fact]
    public async Task Without_the_database_publishing_says_so()
    {
        await using PostgresDatabase database = new(new PostgresOptions { ConnectionString = "Host=127.0.0.1;Port=1;Username=u;Timeout=1" });
        await using PostgresChangeFeed feed = new(database);
        Assert.False(await feed.PublishAsync("purge", "{}", default));
    }

    private sealed class Listener : IAsyncDisposable
    {
        private readonly Channel<Change> _changes = Channel.CreateUnbounded<Change>();
        private readonly PostgresDatabase _database;

        private Listener(PostgresDatabase database, long? position)
        {
            _database = database;
            Feed = new PostgresChangeFeed(database, position);
            Feed.Received += change => _changes.Writer.TryWrite(change);
        }

        public PostgresChangeFeed Feed { get; }

        public static async Task<Listener> StartAsync(PostgresOptions options, long? position = null)
        {
            var listener = new Listener(new PostgresDatabase(options), position);
            using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(120));
            while (listener.Feed.Position < 0 || !listener.Feed.IsListening)
            {
                await Task.Delay(20, bound.Token);
            }

            return listener;
        }

        public async Task<Change> NextAsync()
        {
            using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(120));
            return await _changes.Reader.ReadAsync(bound.Token);
        }

        public async ValueTask DisposeAsync()
        {
            await Feed.DisposeAsync();
            await _database.DisposeAsync();
        }
    }
}
