namespace Afterimage.Entries;

/// <summary>An entry to be stored.</summary>
/// <param name="Body">The image; empty where it is in place (<see cref="EntryHeader.Location"/>).</param>
public readonly record struct NewEntry(EntryHeader Header, ReadOnlyMemory<byte> Body = default)
{
    /// <summary>Throws <see cref="ArgumentException"/> where header and body contradict each other.</summary>
    public void Validate()
    {
        if (Header.Location is null ? Header.Length != Body.Length : !Body.IsEmpty)
        {
            throw new ArgumentException("the header's length is not the body's, or an in-place entry has a body", nameof(Header));
        }
    }
}
