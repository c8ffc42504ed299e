using System.Threading.Channels;
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
        for (int i = 0; i < 3; i++)
        {
            await writer.Feed.PublishAsync("purge", $"{i}", default);
            await writer.NextAsync();
        }

        await AgeAsync(options);
        await writer.Feed.PublishAsync("purge", "new", default);
        await using Listener late = await Listener.StartAsync(options, position: 1);
        Assert.Equal(Change.ResyncKind, (await late.NextAsync()).Kind);
        Assert.Equal("new", (await late.NextAsync()).Payload);
    }

    [Fact]
    public async Task Feedback_is_kept_for_gateways_that_come_new_and_purges_are_not()
    {
        PostgresOptions options = await postgres.OptionsAsync();
        await using Listener writer = await Listener.StartAsync(options);
        await writer.Feed.PublishAsync("purge", "old purge", default);
        await writer.Feed.PublishAsync(PostgresChangeFeed.FeedbackKind, "old feedback", default);
        await AgeAsync(options);
        await writer.Feed.PublishAsync("purge", "new purge", default);

        await using Listener fresh = await Listener.StartAsync(options);
        Assert.Equal("old feedback", (await fresh.NextAsync()).Payload);
        Assert.Equal("new purge", (await fresh.NextAsync()).Payload);
    }

    [Fact]
    public async Task A_database_made_anew_is_read_from_its_beginning()
    {
        PostgresOptions options = await postgres.OptionsAsync();
        await using Listener writer = await Listener.StartAsync(options);
        await writer.Feed.PublishAsync("purge", "first", default);
        await using Listener late = await Listener.StartAsync(options, position: 1_000);
        Assert.Equal(Change.ResyncKind, (await late.NextAsync()).Kind);
        Assert.Equal("first", (await late.NextAsync()).Payload);
    }

    [Fact]
    public async Task A_gateway_knows_its_own_changes_again_after_a_restart()
    {
        PostgresOptions options = await postgres.OptionsAsync();
        string file = Path.Combine(Directory.CreateTempSubdirectory("afterimage-feed-").FullName, "changes.json");
        try
        {
            var database = new PostgresDatabase(options);
            await using (var feed = new PostgresChangeFeed(database, _ => ValueTask.CompletedTask, FeedPosition.Open(file)))
            {
                await feed.PublishAsync("purge", "mine", default);
            }

            await database.DisposeAsync();
            FeedPosition position = FeedPosition.Open(file);
            position.MoveTo(0);
            await using Listener again = await Listener.StartAsync(options, FeedPosition.Open(file));
            Assert.True((await again.NextAsync()).Own);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        }
    }

    [Fact]
    public async Task A_handler_that_fails_does_not_stop_the_feed()
    {
        await using Listener listener = await Listener.StartAsync(await postgres.OptionsAsync());
        listener.Fails = true;
        await listener.Feed.PublishAsync("purge", "1", default);
        await listener.Feed.PublishAsync("purge", "2", default);
        Assert.Equal("1", (await listener.NextAsync()).Payload);
        Assert.Equal("2", (await listener.NextAsync()).Payload);
    }

    [Fact]
    public async Task What_is_published_while_the_database_is_away_arrives_when_it_is_back()
    {
        string folder = Directory.CreateTempSubdirectory("afterimage-pg-").FullName;
        try
        {
            PGliteServer server = await PGliteServer.StartAsync(folder);
            int port = server.Port;
            var options = new PostgresOptions { ConnectionString = server.ConnectionString, BreakSeconds = 1 };
            await using Listener one = await Listener.StartAsync(options);
            await using Listener two = await Listener.StartAsync(options);
            await server.DisposeAsync();
            Assert.False(await one.Feed.PublishAsync("purge", "kept", default));

            await using PGliteServer again = await PGliteServer.StartAsync(folder, port: port);
            Assert.Equal("kept", (await two.NextAsync()).Payload);
            Assert.True((await one.NextAsync()).Own);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task AgeAsync(PostgresOptions options)
    {
        await using var source = NpgsqlDataSource.Create(options.ConnectionString);
        await using NpgsqlCommand age = source.CreateCommand($"UPDATE {options.Schema}.change SET made = made - interval '30 days'");
        await age.ExecuteNonQueryAsync();
    }

    [Fact]
    public async Task A_gateway_hears_of_changes_again_whatever_kept_it_from_them()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "position");
        await using Listener listener = await Listener.StartAsync(await postgres.OptionsAsync(), FeedPosition.Open(path));

        // Where a folder has the name that the file is written under, the write is refused as a matter of rights.
        DirectoryInfo inTheWay = Directory.CreateDirectory(path + ".tmp");
        await listener.Feed.PublishAsync("purge", "1", default);
        await listener.NextAsync();
        inTheWay.Delete();
        await listener.Feed.PublishAsync("purge", "2", default);

        // The first may come again: what is read twice is only acted on twice.
        while ((await listener.NextAsync()).Payload != "2")
        {
        }
    }

    private sealed class Listener : IAsyncDisposable
    {
        private readonly Channel<Change> _changes = Channel.CreateUnbounded<Change>();
        private readonly PostgresDatabase _database;

        private Listener(PostgresDatabase database, FeedPosition position)
        {
            _database = database;
            Feed = new PostgresChangeFeed(database, Handle, position);
        }

        public PostgresChangeFeed Feed { get; }

        public bool Fails { get; set; }

        public static Task<Listener> StartAsync(PostgresOptions options, long position = 0) => StartAsync(options, FeedPosition.InMemory(position));

        public static async Task<Listener> StartAsync(PostgresOptions options, FeedPosition position)
        {
            var listener = new Listener(new PostgresDatabase(options), position);
            using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(120));
            while (!listener.Feed.IsListening)
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

        private ValueTask Handle(Change change)
        {
            _changes.Writer.TryWrite(change);
            return Fails ? throw new InvalidOperationException(change.Kind) : ValueTask.CompletedTask;
        }
    }
}
