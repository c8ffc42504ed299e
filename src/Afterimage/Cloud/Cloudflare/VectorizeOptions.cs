namespace Afterimage.Cloud.Cloudflare;

/// <summary><c>Index:Vectorize</c>: vectors in Cloudflare Vectorize v2.</summary>
public sealed class VectorizeOptions
{
    /// <summary>The index of a space is called this, a dash and a hash of the space id. Lower-case letters, digits and dashes, 1 to 40 characters. Default <c>afterimage</c>.</summary>
    public string NamePrefix { get; set; } = "afterimage";

    /// <summary>The entry store whose vectors these are; an index that was made for another is refused. Empty: not asked. Default empty.</summary>
    public string Store { get; set; } = "";

    /// <summary>Adds and removes are sent together after at most this long; until then they live in this gateway's overlay. 0 to 60,000 ms. Default 2,000.</summary>
    public int FlushAfterMs { get; set; } = 2_000;

    /// <summary>Vectors in one upload, 1 to 5,000. Default 2,000.</summary>
    public int UploadVectorsMax { get; set; } = 2_000;

    /// <summary>Bytes in one upload, 1,000,000 to 100,000,000. Default 50,000,000.</summary>
    public int UploadBytesMax { get; set; } = 50_000_000;

    /// <summary>
    /// How long a write is answered from the overlay at least; Vectorize shows it to searches within two minutes as a rule. 180 to 3,600 s. Default 240.
    /// Afterwards it leaves as soon as Vectorize says that it has processed it.
    /// </summary>
    public int OverlaySeconds { get; set; } = 240;

    /// <summary>Most writes kept in the overlay, 1,000 to 1,000,000; a vector of 768 dimensions is about 3 KB. Beyond it the oldest that were sent leave early. Default 20,000.</summary>
    public int OverlayWritesMax { get; set; } = 20_000;

    /// <summary>Every mistake as a sentence that names the key; empty where the options can be used.</summary>
    public IReadOnlyList<string> Validate()
    {
        var mistakes = new List<string>();
        if (NamePrefix.Length is 0 or > 40 || !NamePrefix.All(c => c is '-' || char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)))
        {
            mistakes.Add("Index:Vectorize:NamePrefix takes lower-case letters, digits and dashes, 1 to 40 characters.");
        }

        Range(mistakes, nameof(FlushAfterMs), FlushAfterMs, 0, 60_000);
        Range(mistakes, nameof(UploadVectorsMax), UploadVectorsMax, 1, VectorizeLimits.UploadVectors);
        Range(mistakes, nameof(UploadBytesMax), UploadBytesMax, 1_000_000, VectorizeLimits.UploadBytes);
        Range(mistakes, nameof(OverlaySeconds), OverlaySeconds, 180, 3_600);
        Range(mistakes, nameof(OverlayWritesMax), OverlayWritesMax, 1_000, 1_000_000);
        return mistakes;
    }

    private static void Range(List<string> mistakes, string key, int value, int min, int max)
    {
        if (value < min || value > max)
        {
            mistakes.Add($"Index:Vectorize:{key} is {value}; allowed are {min} to {max}.");
        }
    }
}
