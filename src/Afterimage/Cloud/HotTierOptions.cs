namespace Afterimage.Cloud;

/// <summary><c>Index:HotTier</c>: partitions in use, kept in this gateway's memory in front of a remote index.</summary>
public sealed class HotTierOptions
{
    /// <summary>Whether it is used at all. Default true. Only with the provider <c>postgres</c>; Vectorize cannot hand out a partition.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>How long another gateway's write may stay unseen here. 1 to 600 s. Default 5. A partition older than this is asked for remotely until it has been refreshed.</summary>
    public int StalenessSeconds { get; set; } = 5;

    /// <summary>While the remote index is away, what is in memory answers for this long. 0 to 86,400 s. Default 3,600. Pictures that others have purged meanwhile are still not served: the entry store decides that.</summary>
    public int AwaySeconds { get; set; } = 3_600;

    /// <summary>Searches in a partition before it is fetched, 1 to 1,000. Default 3.</summary>
    public int LoadAfterSearches { get; set; } = 3;

    /// <summary>Most vectors in memory, 1,000 to 100,000,000; beyond it the partition that was unused for longest goes. Default 500,000. A larger partition is never fetched.</summary>
    public int VectorsMax { get; set; } = 500_000;

    /// <summary>A partition that nobody searched for this long is dropped. 1 to 1,440 min. Default 30.</summary>
    public int IdleMinutes { get; set; } = 30;

    /// <summary>Every mistake as a sentence that names the key; empty where the options can be used.</summary>
    public IReadOnlyList<string> Validate()
    {
        var mistakes = new List<string>();
        Range(nameof(StalenessSeconds), StalenessSeconds, 1, 600);
        Range(nameof(AwaySeconds), AwaySeconds, 0, 86_400);
        Range(nameof(LoadAfterSearches), LoadAfterSearches, 1, 1_000);
        Range(nameof(VectorsMax), VectorsMax, 1_000, 100_000_000);
        Range(nameof(IdleMinutes), IdleMinutes, 1, 1_440);
        return mistakes;

        void Range(string key, int value, int min, int max)
        {
            if (value < min || value > max)
            {
                mistakes.Add($"Index:HotTier:{key} is {value}; allowed are {min} to {max}.");
            }
        }
    }
}
