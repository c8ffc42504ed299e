namespace Afterimage.Cloud.Coordination;

/// <summary>Something that all gateways should know: a purge, feedback, a new calibration. Thread-safe.</summary>
public interface IChangeFeed
{
    /// <summary>
    /// Told of every change that another gateway (or, for it too, this one) has published, in the order of publishing, each once per gateway.
    /// Handlers are called one after another on a background thread; what they throw is counted and does not stop the feed.
    /// </summary>
    event Action<Change>? Received;

    /// <summary>Publishes to all gateways, this one included. False where the feed is away; then only this gateway acts, and the operator's next purge must be repeated.</summary>
    /// <param name="kind">What it is, for example <c>purge</c>; 1 to 40 characters.</param>
    /// <param name="payload">JSON of the kind's own form, at most 1 MB.</param>
    ValueTask<bool> PublishAsync(string kind, string payload, CancellationToken cancellationToken);
}

/// <summary>One published change.</summary>
/// <param name="Id">Its place in the feed; rises.</param>
/// <param name="Kind">What it is. <see cref="ResyncKind"/>: changes may have been missed, so whatever is derived from earlier ones must be refreshed.</param>
/// <param name="Payload">JSON of the kind's own form.</param>
/// <param name="Own">Whether this gateway published it.</param>
public readonly record struct Change(long Id, string Kind, string Payload, bool Own)
{
    /// <summary>Made by the feed itself when this gateway was away for longer than changes are kept.</summary>
    public const string ResyncKind = "resync";
}
