namespace Afterimage.Cloud.S3;

/// <summary>What has to be so for an object to be written.</summary>
internal readonly record struct S3Condition
{
    /// <summary>Whatever is there.</summary>
    public static S3Condition None => default;

    /// <summary>Nothing is there yet.</summary>
    public static S3Condition Missing => new() { IsMissing = true };

    public bool IsMissing { get; private init; }

    /// <summary>The entity tag of what has to be there; null for any.</summary>
    public string? Tag { get; private init; }

    /// <summary>What was read is there still: an object with its tag, or none. No condition where the server gave no tag.</summary>
    public static S3Condition Unchanged(S3Content read) => read.Answer == S3Answer.Missing ? Missing : new() { Tag = read.Tag };
}
