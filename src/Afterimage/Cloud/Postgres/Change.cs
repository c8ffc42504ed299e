namespace Afterimage.Cloud.Postgres;

/// <summary>Something that all gateways should know, from the change feed.</summary>
/// <param name="Id">Its place in the feed; rises.</param>
/// <param name="Kind">What it is. <see cref="ResyncKind"/>: changes may have been missed, so whatever is derived from earlier ones must be refreshed.</param>
/// <param name="Payload">JSON of the kind's own form.</param>
/// <param name="Own">Whether this gateway published it, in this run or an earlier one.</param>
public readonly record struct Change(long Id, string Kind, string Payload, bool Own)
{
    /// <summary>Made by the feed itself when this gateway was away for longer than changes are kept.</summary>
    public const string ResyncKind = "resync";
}
