namespace Afterimage.Entries;

/// <summary>Preamble and JSON header of an entry as one block of bytes.</summary>
internal static class EntryHead
{
    /// <summary>Encodes a header for a body of <paramref name="bodyLength"/> stored bytes.</summary>
    public static byte[] Encode(EntryHeader header, long bodyLength, out EntryPreamble preamble)
    {
        byte[] json = EntryHeaderJson.Write(header);
        preamble = new EntryPreamble
        {
            State = EntryPreamble.Live,
            HeaderLength = json.Length,
            BodyLength = bodyLength,
            Key = header.Key,
            Id = EntryId.ToBits(header.Id),
            Batch = header.Batch,
            CreatedUnixMs = header.Created.ToUnixTimeMilliseconds(),
            ExpiresUnixMs = header.Expires?.ToUnixTimeMilliseconds() ?? 0,
            ContentHash = header.ContentHash,
        };
        byte[] head = new byte[preamble.BodyOffset];
        json.CopyTo(head, EntryPreamble.Size);
        preamble.Write(head, json);
        return head;
    }
}
