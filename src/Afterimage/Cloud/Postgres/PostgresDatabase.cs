using System.Globalization;
using Afterimage.Vectors;
using Npgsql;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Afterimage.Cloud.Postgres;

/// <summary>
/// The connections of one gateway to its database, with bounds on time, one quick retry of transient faults and a breaker. The index, the leases
/// and the change feed share one. Nothing connects before the first call, so a gateway starts while the database is away. Thread-safe.
/// </summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private const int InitialSeconds = 5;

    private readonly NpgsqlDataSource _source;
    private readonly string _listener;
    private readonly ResiliencePipeline _pipeline;
    private readonly Preparation<PostgresServer> _server;
    private readonly CancellationTokenSource _closing = new();

    public PostgresDatabase(PostgresOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        Time = time ?? TimeProvider.System;
        string connection = ConnectionString(options);
        var builder = new NpgsqlDataSourceBuilder(connection);
        if (!options.TransactionPooler)
        {
            string settings = SessionSettings(options);
            builder.UsePhysicalConnectionInitializer(
                opened =>
                {
                    using NpgsqlCommand command = Initial(settings, opened);
                    command.ExecuteNonQuery();
                },
                async opened =>
                {
                    await using NpgsqlCommand command = Initial(settings, opened);
                    await command.ExecuteNonQueryAsync(CancellationToken.None);
                });
        }

        _source = builder.Build();
        _listener = new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ConnectionString;
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = Time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(PostgresFaults.IsTransient),
                MaxRetryAttempts = 2,
                Delay = TimeSpan.FromMilliseconds(20),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(PostgresFaults.CountsForBreaker),
                FailureRatio = 0.5,
                MinimumThroughput = 5,
                SamplingDuration = TimeSpan.FromSeconds(10),
                BreakDuration = TimeSpan.FromSeconds(options.BreakSeconds),
            })
            .Build();
        _server = new Preparation<PostgresServer>(
            () => RunAsync((opened, token) => PostgresMigrations.ApplyAsync(opened, options.Schema, token), options.WriteTimeoutMs, _closing.Token).AsTask(),
            TimeSpan.FromSeconds(options.BreakSeconds),
            PostgresFaults.Late,
            Time);
    }

    // Bounded by itself: the deadline of whoever opens the connection does not reach it.
    private static NpgsqlCommand Initial(string settings, NpgsqlConnection opened) => new(settings, opened) { CommandTimeout = InitialSeconds };

    public PostgresOptions Options { get; }

    internal TimeProvider Time { get; }

    /// <summary>What the start-up check learnt; null before the first successful contact.</summary>
    public PostgresServer? Server => _server.Made;

    /// <summary>
    /// Looks at the server and says everything that keeps Afterimage from using it, as sentences; empty means ready. For the start of the program
    /// and for health checks. A database that is away is one sentence too: the gateway may start without it.
    /// </summary>
    public async Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ServerAsync(Timeout.InfiniteTimeSpan, cancellationToken);
            await RunAsync((connection, token) => PostgresSql.ScalarAsync(connection, "SELECT 1", token), Options.SearchTimeoutMs, cancellationToken);
            return [];
        }
        catch (VectorIndexUnavailableException e)
        {
            return [e.Message];
        }
    }

    /// <summary>Checks and migrates on first use. Several gateways may do so at once.</summary>
    internal ValueTask<PostgresServer> ServerAsync(TimeSpan patience, CancellationToken cancellationToken) => _server.GetAsync(patience, cancellationToken);

    /// <summary>
    /// Runs one piece of work on a pooled connection. The work may run more than once, so it leaves nothing behind when it fails. Faults become
    /// <see cref="VectorIndexUnavailableException"/> with a sentence for the log.
    /// </summary>
    internal async ValueTask<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, int timeoutMs, CancellationToken cancellationToken)
    {
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (state, token) => await state.Database.AttemptAsync(state.Work, state.Timeout, token),
                (Database: this, Work: work, Timeout: timeoutMs),
                cancellationToken);
        }
        catch (Exception e) when (PostgresFaults.IsFault(e) && !cancellationToken.IsCancellationRequested)
        {
            throw new VectorIndexUnavailableException(PostgresFaults.Sentence(e), e);
        }
    }

    /// <summary>A connection outside of the pool's bounds on time, for what lasts long: LISTEN, building a graph.</summary>
    internal ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => _source.OpenConnectionAsync(cancellationToken);

    /// <summary>A connection of its own that never enters the pool, for LISTEN.</summary>
    internal async ValueTask<NpgsqlConnection> OpenListenerAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(_listener);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _source.DisposeAsync();
        _closing.Dispose();
    }

    private async Task<T> AttemptAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, int timeoutMs, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(timeoutMs), Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            await using NpgsqlConnection connection = await _source.OpenConnectionAsync(both.Token);
            return await work(connection, both.Token);
        }
        catch (OperationCanceledException e) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(PostgresFaults.Late, e);
        }
    }

    // Once per connection. A generic plan would be made for the average partition; one of 20 rows and one of 100,000 need different plans. The block
    // swallows what an older pgvector, or a server without it, does not know.
    private static string SessionSettings(PostgresOptions options) => string.Create(CultureInfo.InvariantCulture, $"""
        SET plan_cache_mode = 'force_custom_plan';
        DO $$ BEGIN
            PERFORM set_config('hnsw.ef_search', '{options.EfSearchFor(0)}', false), set_config('hnsw.iterative_scan', 'strict_order', false);
        EXCEPTION WHEN OTHERS THEN NULL;
        END $$;
        """);

    private static string ConnectionString(PostgresOptions options)
    {
        var given = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        var builder = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            // Nothing of ours outlives a transaction on a pooled connection, so there is nothing to reset.
            NoResetOnClose = true,
            // Deadlines are ours; after one the connection is given up rather than waited for.
            CommandTimeout = 0,
            CancellationTimeout = 500,
        };
        SetDefault("Application Name", () => builder.ApplicationName = "afterimage");
        SetDefault("Maximum Pool Size", () => builder.MaxPoolSize = options.ConnectionsMax);
        SetDefault("Timeout", () => builder.Timeout = 5);
        if (!options.TransactionPooler)
        {
            // A prepared statement belongs to a session, and behind such a pooler the next transaction may have another.
            SetDefault("Max Auto Prepare", () => builder.MaxAutoPrepare = 30);
            SetDefault("Auto Prepare Min Usages", () => builder.AutoPrepareMinUsages = 2);
        }

        SetDefault("Keepalive", () => builder.KeepAlive = 30);
        return builder.ConnectionString;

        void SetDefault(string key, Action set)
        {
            if (!given.ContainsKey(key) || !given.ShouldSerialize(key))
            {
                set();
            }
        }
    }
}
