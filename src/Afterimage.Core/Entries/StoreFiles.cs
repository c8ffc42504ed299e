using System.Globalization;
using Afterimage.Diagnostics;

namespace Afterimage.Entries;

/// <summary>
/// What a store of ours keeps beside its entries, for whoever walks its folder or its bucket as if it were anybody's: told by names and lengths that only we write
/// (docs/formats.md), so that a picture is never taken for one of them.
/// </summary>
public static class StoreFiles
{
    /// <summary>Name of the order of use in a store's folder; whether a file of that name is one, its first bytes say.</summary>
    internal const string Recency = "recency";

    private const int KeyDigits = 2 * Hash256.Size;

    /// <summary>Whether a file or object is the store's own: a pack, a refused entry, or a bucket's note of an id.</summary>
    /// <param name="folder">Name of the folder that it is in.</param>
    public static bool IsBookkeeping(ReadOnlySpan<char> folder, ReadOnlySpan<char> name, long length) => folder switch
    {
        "packs" => name.EndsWith(HeaderPacks.Extension) && uint.TryParse(Path.GetFileNameWithoutExtension(name), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _),
        "damaged" => name.Length > KeyDigits && Hash256.TryParseHex(name[..KeyDigits], out _) && name[KeyDigits..].StartsWith($"{EntryFolder.Extension}."),
        "ids" => length == KeyDigits && Ulid.IsValid(name),
        _ => false,
    };

    /// <summary>Whether a file is the order of use. False where it cannot be read.</summary>
    internal static bool IsRecency(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            Span<byte> magic = stackalloc byte[RecencyFile.Magic.Length];
            return file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic.SequenceEqual(RecencyFile.Magic);
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            return false;
        }
    }
}
