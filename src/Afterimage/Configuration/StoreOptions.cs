namespace Afterimage.Configuration;

/// <summary>The entries.</summary>
internal sealed class StoreOptions
{
    [Setting("`Files`: the data folder. `S3`: a bucket (R2, AWS, MinIO, Ceph...) that several gateways can share, with memory and the data folder in front.")]
    public StoreProvider Provider { get; init; } = StoreProvider.Files;

    public S3Options S3 { get; init; } = new();

    public EarlierCacheSettings Earlier { get; init; } = new();

    [Setting("Bytes of entries on disk; the least recently used go first. 0: no bound.", Min = 0)]
    public long BytesMax { get; init; } = 50L * 1024 * 1024 * 1024;

    [Setting("Bytes of the disk that are left free.", Min = 0)]
    public long FreeDiskBytesMin { get; init; } = 1024L * 1024 * 1024;

    [Setting("Seconds an entry lives. 0: until it is evicted.", Min = 0)]
    public long TtlSeconds { get; init; } = 30L * 24 * 3600;

    [Setting("Bytes of hot images in memory. 0: none.", Min = 0)]
    public long MemoryBytesMax { get; init; } = 256L * 1024 * 1024;

    [Setting("Bytes of responses that routes of dialect http keep in memory.", Min = 65536)]
    public long HttpBytesMax { get; init; } = 256L * 1024 * 1024;

    [Setting("Wait for the disk before an entry counts as stored.")]
    public bool Flush { get; init; } = true;
}

internal enum StoreProvider
{
    Files,
    S3,
}

/// <summary>Where a bucket is.</summary>
internal abstract class BucketOptions
{
    [Setting("Address of the service, for example https://ACCOUNT.r2.cloudflarestorage.com; empty for AWS itself.")]
    public string ServiceUrl { get; init; } = "";

    [Setting("Region to sign for: auto for R2, the bucket's region for AWS.")]
    public string Region { get; init; } = "auto";
}

/// <summary>The bucket of the S3 store. Credentials come from the usual AWS chain (environment, profile, container, instance).</summary>
internal sealed class S3Options : BucketOptions
{
    [Setting("Name of the bucket.")]
    public string Bucket { get; init; } = "";

    [Setting("Before every object name; ends with a slash or is empty.")]
    public string Prefix { get; init; } = "afterimage/";

    [Setting("Seconds for which an entry of the local tier is served without asking the bucket whether another gateway has removed or replaced it.", Min = 0, Max = 86400)]
    public double LocalStalenessSeconds { get; init; } = 60;
}

/// <summary>The bucket that an earlier cache (Pollinations' R2 cache) wrote: its exact hits stay hits, by its own keys. Only read from.</summary>
internal sealed class EarlierCacheSettings : BucketOptions
{
    [Setting("Name of the bucket; empty for none.")]
    public string Bucket { get; init; } = "";

    [Setting("Before every object name, where the bucket was copied into a folder.")]
    public string Prefix { get; init; } = "";

    [Setting("Version prefixes of the keys, separated by commas, the one that counts first; `none` for keys without. Each costs a request where our own store has nothing.")]
    public string Versions { get; init; } = "brand-v1,none";

    [Setting("Models, separated by commas, whose seed the earlier cache replaced by 42 in its keys.")]
    public string FixedSeedModels { get; init; } = "gptimage";

    [Setting("Longest wait for the bucket, in seconds; then the request goes on as a miss.", Min = 0.1, Max = 60)]
    public double TimeoutSeconds { get; init; } = 3;
}
