namespace Afterimage.Images;

/// <summary>Gathers texts within bounds, so that hostile metadata costs little memory.</summary>
internal sealed class TextCollector
{
    /// <summary>Longest single text in bytes before decoding; ComfyUI graphs of large workflows stay under 1 MB.</summary>
    public const int TextBytesMax = 4 << 20;

    private const int TextsMax = 64;
    private const int AllBytesMax = 8 << 20;

    private readonly List<MetadataText> _texts = [];
    private int _bytesLeft = AllBytesMax;

    public bool Incomplete { get; set; }

    /// <summary>Bytes that the next text may have.</summary>
    public int Room => _texts.Count >= TextsMax ? 0 : Math.Min(_bytesLeft, TextBytesMax);

    /// <summary>Adds a text that was <paramref name="bytes"/> long in the file (inflated).</summary>
    public void Add(MetadataSource source, string name, string? text, int bytes)
    {
        if (text is null || bytes > Room)
        {
            Incomplete = true;
            return;
        }

        _bytesLeft -= bytes;
        if (text.Length > 0)
        {
            _texts.Add(new MetadataText(source, name, text));
        }
    }

    /// <summary>Notes a text that was refused after costing up to <paramref name="bytes"/> of work, so that many bombs cost no more than one.</summary>
    public void Refuse(int bytes)
    {
        Incomplete = true;
        _bytesLeft -= bytes;
    }

    public MetadataReading Reading() => new(_texts, Incomplete);
}
