namespace Afterimage.Backfill.Keys;

/// <summary>How an object key was understood.</summary>
public enum KeyStrategy
{
    /// <summary>Not understood: no key of a known form, or no reading fits its hash.</summary>
    None,

    /// <summary>The earlier cache's key; the hash at its end confirms the reading.</summary>
    HashedKey,

    /// <summary>The earlier cache's key, cut off at its length bound: what is missing cannot be known.</summary>
    TruncatedKey,

    /// <summary>The key is a URL, or its path and query.</summary>
    Url,
}

/// <summary>What an object key means.</summary>
/// <param name="Prompt">The decoded prompt; null where it cannot be known.</param>
/// <param name="Parameters">Names and decoded values in the order of the key; empty where the prompt is null.</param>
public sealed record KeyReading(string? Prompt, IReadOnlyList<KeyValuePair<string, string>> Parameters, KeyStrategy Strategy, bool Truncated)
{
    internal static readonly KeyReading Unknown = new(null, [], KeyStrategy.None, false);

    internal static readonly KeyReading CutOff = new(null, [], KeyStrategy.TruncatedKey, true);

    /// <summary>The name of the strategy in files and output, for example <c>hashed-key</c>.</summary>
    public string StrategyName => Strategy switch
    {
        KeyStrategy.HashedKey => "hashed-key",
        KeyStrategy.TruncatedKey => "truncated-key",
        KeyStrategy.Url => "url",
        _ => "none",
    };
}
