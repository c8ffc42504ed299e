namespace Afterimage.Requests;

/// <summary>How size enters the partition.</summary>
public enum ResolutionBucketing
{
    /// <summary><c>512x768</c>: only the same size may stand in.</summary>
    Exact,

    /// <summary>Nine ranges: square, portrait, landscape; small, medium, large.</summary>
    Bucket9,
}

/// <summary>Names the resolution bucket of a size.</summary>
public sealed class ResolutionBuckets(ResolutionBucketing bucketing)
{
    public static ResolutionBuckets Exact { get; } = new(ResolutionBucketing.Exact);

    public static ResolutionBuckets Nine { get; } = new(ResolutionBucketing.Bucket9);

    /// <summary>
    /// The bucket's name. In nine: width/height from 0.9 to 1.1 is square by its longest side (512, 1024); taller is portrait by height and wider is
    /// landscape by width (768, 1536). A size left to the origin (0) is a bucket of its own, and so is each size of which one side is.
    /// </summary>
    public string NameOf(int width, int height)
    {
        if (width <= 0 && height <= 0)
        {
            return "auto";
        }

        // Of one side nothing is known; the other must still be the same.
        if (bucketing == ResolutionBucketing.Exact || width <= 0 || height <= 0)
        {
            return $"{width}x{height}";
        }

        // Integer arithmetic: 0.9 <= width / height <= 1.1 without a rounding question at the borders.
        long w = 10L * width;
        bool square = w >= 9L * height && w <= 11L * height;
        return square ? "sq_" + Range(Math.Max(width, height), 512, 1024)
            : height > width ? "pt_" + Range(height, 768, 1536)
            : "ls_" + Range(width, 768, 1536);
    }

    private static string Range(int side, int smallMax, int mediumMax) => side <= smallMax ? "sm" : side <= mediumMax ? "md" : "lg";
}
