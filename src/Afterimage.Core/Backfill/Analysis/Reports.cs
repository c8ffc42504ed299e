namespace Afterimage.Backfill.Analysis;

/// <summary>What is in a source, found without writing anything.</summary>
/// <param name="Images">Objects that may be images.</param>
/// <param name="Sampled">Of these, how many were read; shares and distributions are of the sample.</param>
/// <param name="Recovered">Sampled images whose request was understood.</param>
/// <param name="Strategies">Sampled images by strategy.</param>
/// <param name="Failures">Sampled images that were not understood, by reason.</param>
/// <param name="Formats">By image format.</param>
/// <param name="Buckets">By resolution bucket.</param>
/// <param name="Models">By model, the twenty most frequent.</param>
/// <param name="Examples">A few images to look at.</param>
public sealed record AnalysisReport(
    string Source,
    long Images,
    long Bytes,
    long Sampled,
    long Recovered,
    double RecoveredShare,
    DateTimeOffset? Oldest,
    DateTimeOffset? Newest,
    Dictionary<string, long> Strategies,
    Dictionary<string, long> Failures,
    Dictionary<string, long> Formats,
    Dictionary<string, long> Buckets,
    Dictionary<string, long> Models,
    List<AnalysisExample> Examples,
    AnalysisEstimate Estimate);

/// <summary>An image of the sample.</summary>
/// <param name="Prompt">Null where it was not understood; then <paramref name="Note"/> says why.</param>
public sealed record AnalysisExample(string Key, string? Prompt, string? Bucket, string? Model, string Note);

/// <summary>What adopting the whole source would take.</summary>
/// <param name="Seconds">At the speed of the sample, on this machine, with this embedder.</param>
/// <param name="Vectors">Vectors to be made.</param>
/// <param name="IndexBytes">Their bytes in the in-process index.</param>
/// <param name="EntryBytes">Bytes in the entry store if images stay in place.</param>
/// <param name="CopyBytes">Bytes in the entry store if images are copied.</param>
/// <param name="HostedCosts">US dollars to embed all prompts at hosted backends, by name, at the prices known when this was built.</param>
public sealed record AnalysisEstimate(double Seconds, long Vectors, long IndexBytes, long EntryBytes, long CopyBytes, Dictionary<string, double> HostedCosts);

/// <summary>What a pilot measured.</summary>
public sealed record PilotReport(
    Guid Batch,
    long Adopted,
    long Failed,
    Dictionary<string, long> Strategies,
    Dictionary<string, long> Failures,
    double ExtractMilliseconds,
    double EmbedMilliseconds,
    double SearchMilliseconds,
    double SelfFoundShare,
    List<PilotBucket> Buckets);

/// <summary>One bucket of a pilot.</summary>
/// <param name="SelfFound">Images whose own prompt finds them first (or an image with the same prompt).</param>
public sealed record PilotBucket(string Bucket, int Images, int SelfFound, List<PilotNeighbour> Examples);

/// <summary>An image and the nearest other one, for a person to judge.</summary>
public sealed record PilotNeighbour(string Prompt, string Nearest, float Similarity, string Verdict);

/// <summary>Whether vectors, entries and objects agree.</summary>
/// <param name="Missing">Entries with words in their prompt and no vector.</param>
/// <param name="Orphaned">Vectors without entry.</param>
/// <param name="WrongPlace">Vectors in another partition or batch than their entry says.</param>
/// <param name="WrongDimension">1 where the index holds vectors of another length than the embedder makes; then nothing else could be measured.</param>
/// <param name="ObjectsChecked">Sampled images that were read back, from the store or from where they are.</param>
/// <param name="ObjectsBad">Of these, gone or changed.</param>
/// <param name="Accuracy">Share of labelled variants of sampled prompts that the policy judged rightly.</param>
public sealed record ValidationReport(
    bool Passed,
    Guid? Batch,
    long Entries,
    long Vectors,
    long Missing,
    long Orphaned,
    long WrongPlace,
    long WrongDimension,
    long ObjectsChecked,
    long ObjectsBad,
    int Sampled,
    double SelfFoundShare,
    double Accuracy,
    double QueryMillisecondsMedian,
    double QueryMillisecondsP99,
    Dictionary<string, long> Buckets,
    List<string> Problems);

/// <summary>What a rollback removed, or would remove.</summary>
public sealed record RollbackReport(Guid Batch, bool DryRun, long Entries, long Vectors);

/// <summary>What a reindex did.</summary>
/// <param name="Already">Entries that had a vector in this space.</param>
/// <param name="WithoutWords">Entries whose prompt cannot be embedded.</param>
/// <param name="Removed">Vectors whose entry is gone.</param>
public sealed record ReindexReport(string Space, long Entries, long Added, long Already, long WithoutWords, long Removed, double Seconds);
