namespace Afterimage.Cloud.Cloudflare;

/// <summary>What Vectorize allows (as of 2026-11). <see cref="GetIds"/> and <see cref="DeleteIds"/> are not in its documentation but are enforced.</summary>
internal static class VectorizeLimits
{
    public const int Dimensions = 1_536;
    public const long Vectors = 20_000_000;
    public const int UploadVectors = 5_000;
    public const int UploadBytes = 100_000_000;
    public const int GetIds = 20;
    public const int DeleteIds = 100;
    public const int ListIds = 1_000;

    /// <summary>Neighbours of one query with their values.</summary>
    public const int TopKWithValues = 50;

    /// <summary>Neighbours of one query with ids and approximate scores only.</summary>
    public const int TopK = 100;
}
