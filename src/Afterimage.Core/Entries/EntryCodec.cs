namespace Afterimage.Entries;

/// <summary>The self-describing form of an entry (docs/formats.md) as bytes, for stores that keep entries elsewhere than in a folder.</summary>
public static class EntryCodec
{
    /// <summary>A prefix of this length holds the whole header of nearly every entry.</summary>
    public const int UsualHeadBytes = 4096;

    /// <summary>The whole entry: preamble, JSON header, body.</summary>
    public static byte[] Encode(EntryHeader header, ReadOnlySpan<byte> body)
    {
        byte[] head = EntryHead.Encode(header, body.Length, out EntryPreamble preamble);
        byte[] entry = new byte[preamble.TotalLength];
        head.CopyTo(entry, 0);
        body.CopyTo(entry.AsSpan(head.Length));
        return entry;
    }

    /// <summary>Reads a whole entry and checks everything: version, checksum, length, key, hash of the body.</summary>
    public static EntryFault TryDecode(ReadOnlyMemory<byte> entry, Hash256 key, out EntryHeader? header, out ReadOnlyMemory<byte> body)
    {
        body = default;
        EntryFault fault = TryDecodeHeader(entry.Span, key, out header, out long totalLength);
        if (fault != EntryFault.None)
        {
            return fault;
        }

        if (totalLength != entry.Length)
        {
            header = null;
            return EntryFault.Truncated;
        }

        EntryPreamble.TryRead(entry.Span, out EntryPreamble preamble);
        body = entry[preamble.BodyOffset..];
        if (preamble.BodyLength > 0 && preamble.ContentHash != default && Hash256.Of(body.Span) != preamble.ContentHash)
        {
            header = null;
            return EntryFault.Body;
        }

        return EntryFault.None;
    }

    /// <summary>
    /// Reads the header from the first bytes of an entry. <see cref="EntryFault.Truncated"/> where these are too few: then
    /// <paramref name="totalLength"/> says how long the entry is, 0 where even that is not known.
    /// </summary>
    public static EntryFault TryDecodeHeader(ReadOnlySpan<byte> prefix, Hash256 key, out EntryHeader? header, out long totalLength)
    {
        header = null;
        totalLength = 0;
        EntryFault fault = EntryPreamble.TryRead(prefix, out EntryPreamble preamble);
        if (fault != EntryFault.None)
        {
            return fault;
        }

        totalLength = preamble.TotalLength;
        if (preamble.BodyOffset > prefix.Length)
        {
            return EntryFault.Truncated;
        }

        if (!preamble.Matches(prefix))
        {
            return EntryFault.Checksum;
        }

        if (preamble.Key != key)
        {
            return EntryFault.Misplaced;
        }

        header = EntryHeaderJson.TryRead(prefix.Slice(EntryPreamble.Size, preamble.HeaderLength));
        if (header is null || header.Key != key)
        {
            header = null;
            return EntryFault.Header;
        }

        return EntryFault.None;
    }
}
