using System.Text.Json;
using Afterimage.Caching;
using Afterimage.Cloud;
using Afterimage.Cloud.Postgres;
using Afterimage.Cloud.S3;
using Afterimage.Gateway.HttpRoute;

namespace Afterimage.Gateway;

/// <summary>What somebody said of a pair, as the learner takes it.</summary>
/// <param name="Asked">The prompt that was asked.</param>
/// <param name="Stored">The prompt of the picture.</param>
/// <param name="Partition">The request's partition.</param>
/// <param name="Entry">The picture's exact key.</param>
/// <param name="Probability">What the policy said.</param>
/// <param name="Similarity">Cosine of the prompts.</param>
/// <param name="Correct">Whether the picture was right for the request.</param>
internal sealed record Feedback(string Asked, string Stored, Hash256 Partition, Hash256 Entry, double Probability, double Similarity, bool Correct)
{
    public void LearnBy(SemanticTier semantic)
    {
        if (!Correct)
        {
            semantic.Learner.Block(Asked, Stored);
        }

        semantic.Learner.Observe(Partition, Entry, Probability, Similarity, Correct);
        semantic.Learner.Flush();
    }
}

/// <summary>
/// Purge, invalidation and feedback among several gateways on one store: what one of them is told reaches the others through the change feed, and acts there
/// as if they had been told. Each gateway acts on its own at once, whether or not the feed can be reached.
/// </summary>
internal sealed class SharedChanges : IAsyncDisposable
{
    private const string PurgeKind = "purge";
    private const string HttpPurgeKind = "purge-http";
    private const string InvalidationKind = "invalidate-http";

    // 64 digits, quotes and a comma each: a few hundred kilobytes.
    private const int KeysPerChange = 5_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new Admin.Hash256JsonConverter() } };

    private readonly S3EntryStore _store;
    private readonly SemanticTier _semantic;
    private readonly HttpCacheRoute? _http;
    private readonly PostgresChangeFeed _feed;
    private readonly InvalidationNotices _invalidations;

    public SharedChanges(PostgresDatabase database, S3EntryStore store, SemanticTier semantic, HttpCacheRoute? http, string positionPath)
    {
        (_store, _semantic, _http) = (store, semantic, http);
        _feed = new PostgresChangeFeed(database, HandleAsync, FeedPosition.Open(positionPath));
        _invalidations = new InvalidationNotices(async keys => await _feed.PublishAsync(InvalidationKind, JsonSerializer.Serialize(keys, Json), CancellationToken.None));
        http?.Invalidated += _invalidations.Add;
    }

    /// <summary>Whether changes of others arrive at once; else within a few seconds, or when the database is back.</summary>
    public bool IsListening => _feed.IsListening;

    /// <summary>Tells the others that entries are gone. False where that must wait for the database.</summary>
    public async Task<bool> PublishPurgeAsync(IReadOnlyCollection<Hash256> keys, CancellationToken cancellationToken)
    {
        bool published = true;
        foreach (Hash256[] part in keys.Chunk(KeysPerChange))
        {
            published &= await _feed.PublishAsync(PurgeKind, JsonSerializer.Serialize(part, Json), cancellationToken);
        }

        return published;
    }

    /// <summary>Tells the others to purge responses of their routes of dialect http, of which each has its own. False where that must wait for the database.</summary>
    public ValueTask<bool> PublishAsync(HttpPurge purge, CancellationToken cancellationToken) =>
        _feed.PublishAsync(HttpPurgeKind, JsonSerializer.Serialize(purge, Json), cancellationToken);

    /// <summary>Tells the others what somebody said. False where that must wait for the database.</summary>
    public ValueTask<bool> PublishAsync(Feedback feedback, CancellationToken cancellationToken) =>
        _feed.PublishAsync(PostgresChangeFeed.FeedbackKind, JsonSerializer.Serialize(feedback, Json), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _http?.Invalidated -= _invalidations.Add;
        await _invalidations.DisposeAsync();
        await _feed.DisposeAsync();
    }

    private async ValueTask HandleAsync(Change change)
    {
        if (change.Own)
        {
            return;
        }

        switch (change.Kind)
        {
            case PurgeKind:
                foreach (Hash256 key in JsonSerializer.Deserialize<Hash256[]>(change.Payload, Json) ?? [])
                {
                    await _store.ForgetAsync(key, CancellationToken.None);
                    _semantic.Forget(key);
                }

                break;
            case HttpPurgeKind:
                if (_http is not null && JsonSerializer.Deserialize<HttpPurge>(change.Payload, Json) is { } purge)
                {
                    await _http.PurgeAsync(purge, dryRun: false, CancellationToken.None);
                }

                break;
            case InvalidationKind when _http is not null:
                foreach (HttpPurge invalid in JsonSerializer.Deserialize<HttpPurge[]>(change.Payload, Json) ?? [])
                {
                    await _http.PurgeAsync(invalid, dryRun: false, CancellationToken.None);
                }

                break;
            case PostgresChangeFeed.FeedbackKind:
                JsonSerializer.Deserialize<Feedback>(change.Payload, Json)?.LearnBy(_semantic);
                break;
            case Change.ResyncKind:
                _store.ForgetFreshness();
                (_semantic.Index as TieredVectorIndex)?.Forget();
                await (_http?.PurgeAsync(new HttpPurge(null, null), dryRun: false, CancellationToken.None) ?? Task.CompletedTask);
                break;
        }
    }
}
