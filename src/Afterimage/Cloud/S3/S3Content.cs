namespace Afterimage.Cloud.S3;

/// <summary>What reading an object gave.</summary>
/// <param name="Answer">Whether there is something.</param>
/// <param name="Bytes">Its content; empty where there is none.</param>
/// <param name="Metadata">Its own metadata (<c>x-amz-meta-</c>), by name without that prefix.</param>
/// <param name="Tag">Its entity tag, quotation marks included; null where the server gave none.</param>
internal readonly record struct S3Content(S3Answer Answer, byte[] Bytes, IReadOnlyDictionary<string, string> Metadata, string? Tag);
