namespace Afterimage.Entries;

/// <summary>Why stored bytes are not an entry that can be served.</summary>
public enum EntryFault
{
    None,

    /// <summary>There is no such file or object.</summary>
    Missing,

    /// <summary>Does not begin with the magic: not ours.</summary>
    Foreign,

    /// <summary>Ours, of a version this program does not know; left where it is for the program that does.</summary>
    UnknownVersion,

    /// <summary>Shorter or longer than its preamble says.</summary>
    Truncated,

    /// <summary>Preamble or JSON header changed since written.</summary>
    Checksum,

    /// <summary>The checksum fits but the JSON does not say what an entry must say.</summary>
    Header,

    /// <summary>Body bytes are not those that were stored.</summary>
    Body,

    /// <summary>A good entry under the wrong name.</summary>
    Misplaced,

    /// <summary>The disk would not give the bytes; says nothing about the entry.</summary>
    Unreadable,
}
