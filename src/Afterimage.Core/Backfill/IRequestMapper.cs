using Afterimage.Backfill.Extraction;
using Afterimage.Images;
using Afterimage.Requests;

namespace Afterimage.Backfill;

/// <summary>Turns what was extracted into the image request that the gateway's dialect would make of it. Thread-safe.</summary>
public interface IRequestMapper
{
    /// <summary>The image request, or null with the reason why such an image is not adopted.</summary>
    /// <param name="image">What the bytes say; fills sizes that were not extracted.</param>
    /// <param name="content">Hash of the bytes; stands in for a seed that cannot be known.</param>
    ImageRequest? Map(Extracted extracted, ImageReport image, Hash256 content, out string? reason);
}
