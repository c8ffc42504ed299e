namespace Afterimage.Images;

/// <summary>The formats that can become entries.</summary>
public enum ImageFormat
{
    Unknown,
    Png,
    Jpeg,
    WebP,
    Gif,
    Avif,
}

/// <summary>What is wrong with image bytes, found from their own structure without decoding pixels.</summary>
public enum ImageDefect
{
    None,
    Empty,
    UnknownFormat,

    /// <summary>The bytes end before the format says they do.</summary>
    Truncated,

    /// <summary>The structure contradicts itself (bad chunk length, bad checksum, missing header).</summary>
    Malformed,

    /// <summary>Zero or absurd width or height.</summary>
    BadDimensions,
}

/// <summary>What image bytes say of themselves.</summary>
public readonly record struct ImageReport(ImageFormat Format, int Width, int Height, ImageDefect Defect)
{
    public bool IsComplete => Defect == ImageDefect.None;

    /// <summary>The media type of <see cref="Format"/>, for example <c>image/png</c>; <c>application/octet-stream</c> where unknown.</summary>
    public string ContentType => Format switch
    {
        ImageFormat.Png => "image/png",
        ImageFormat.Jpeg => "image/jpeg",
        ImageFormat.WebP => "image/webp",
        ImageFormat.Gif => "image/gif",
        ImageFormat.Avif => "image/avif",
        _ => "application/octet-stream",
    };
}
