namespace Afterimage.Backfill.Extraction;

/// <summary>What went into a picture besides the words and parameters that were learnt of it. Such a picture is no answer to a request of these words.</summary>
public enum BesidesWords
{
    /// <summary>Nothing that is known of.</summary>
    Nothing,

    /// <summary>Another image: one to begin from, a mask, a pose, a reference.</summary>
    Image,

    /// <summary>Further words, or a choice among words, that the text does not give.</summary>
    Words,
}

/// <summary>What a strategy learnt of an image's request.</summary>
/// <param name="Prompt">Not empty.</param>
/// <param name="Parameters">Names as in a request (<c>width</c>, <c>seed</c>, <c>negative_prompt</c>), values as text.</param>
/// <param name="Strategy">The strategy's name; recorded in the entry.</param>
/// <param name="IsRequest">True where the parameters are those of a whole request, so that what is missing had the dialect's default; false where a tool's
/// settings were read, so that what is missing is unknown.</param>
public sealed record Extracted(string Prompt, IReadOnlyList<KeyValuePair<string, string>> Parameters, string Strategy, bool IsRequest)
{
    /// <summary>What else the picture was made from; by default nothing that is known of.</summary>
    public BesidesWords Besides { get; init; }

    /// <summary>The first value of a parameter; null where it has none.</summary>
    public string? Find(string name)
    {
        foreach ((string key, string value) in Parameters)
        {
            if (key == name)
            {
                return value;
            }
        }

        return null;
    }
}
