namespace Afterimage.Matching;

/// <summary>
/// How to read the cosines of an embedding space. Spaces differ in where "nothing in common" lies: the built-in one has it near 0, the BGE family
/// near 0.4. Of a space that is not listed, the cosine is not weighed.
/// </summary>
internal readonly record struct SimilarityScale(double Floor, bool Known)
{
    private static readonly (string Name, double Floor)[] Spaces =
    [
        ("builtin", 0), ("bge", 0.4), ("minilm", 0), ("e5-", 0.7), ("gte", 0.6),
    ];

    /// <summary>The scale of a space, by its id (<c>builtin-1@0a1b2c3d/256</c>, <c>bert/bge-base-en-v1.5...</c>).</summary>
    public static SimilarityScale Of(string? spaceId)
    {
        foreach ((string name, double floor) in Spaces)
        {
            if (spaceId?.Contains(name, StringComparison.OrdinalIgnoreCase) == true)
            {
                return new SimilarityScale(floor, true);
            }
        }

        return default;
    }

    /// <summary>The cosine with 0 for nothing in common and 1 for the same; null where it tells nothing.</summary>
    public double? Normalise(float similarity) => Known && !float.IsNaN(similarity) ? Math.Clamp((similarity - Floor) / (1 - Floor), 0, 1) : null;
}
