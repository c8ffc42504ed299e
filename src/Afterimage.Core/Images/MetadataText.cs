namespace Afterimage.Images;

/// <summary>Which part of an image a text was in.</summary>
public enum MetadataSource
{
    /// <summary>PNG tEXt, zTXt or iTXt.</summary>
    PngText,

    /// <summary>An EXIF block, in whatever container.</summary>
    Exif,

    /// <summary>An XMP packet, as it stands (XML).</summary>
    Xmp,

    /// <summary>A JPEG or GIF comment.</summary>
    Comment,
}

/// <summary>A text found in an image's metadata.</summary>
/// <param name="Source">The part it was in.</param>
/// <param name="Name">The PNG keyword (<c>parameters</c>, <c>prompt</c>) or the EXIF tag's name (<c>UserComment</c>); empty where there is none.</param>
/// <param name="Text">The text, decoded, without trailing zeros.</param>
public readonly record struct MetadataText(MetadataSource Source, string Name, string Text);

/// <summary>What an image's metadata says.</summary>
/// <param name="Texts">Every text, in the order of the file.</param>
/// <param name="Incomplete">Something was left out: too large (a zip bomb, for example), damaged, or in an encoding that is not known.</param>
public sealed record MetadataReading(IReadOnlyList<MetadataText> Texts, bool Incomplete)
{
    /// <summary>The first text of that name; null where there is none.</summary>
    public string? Find(MetadataSource source, string name)
    {
        foreach (MetadataText text in Texts)
        {
            if (text.Source == source && text.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return text.Text;
            }
        }

        return null;
    }
}
