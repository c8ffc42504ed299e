using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Afterimage.Entries;

/// <summary>One pack file: records of preamble and JSON header, one after another. Owned by <see cref="HeaderPacks"/>.</summary>
internal sealed class HeaderPack(EntryVolume volume, int number, string path, SafeFileHandle handle) : IDisposable
{
    private const int ScanBytes = 1 << 20;
    private static readonly byte[] DeletedMark = [EntryPreamble.Deleted];
    private static readonly byte[] LiveMark = [EntryPreamble.Live];

    private long _liveBytes;
    private long _seenEnd;

    public int Number { get; } = number;

    /// <summary>Begun by this process, which alone appends to it and knows all that is in it.</summary>
    public bool IsOurs { get; init; }

    public string Path { get; } = path;

    /// <summary>Where the next record goes, in packs of this process; how far it was scanned, in others. Changed under the packs' append lock
    /// or scan lock respectively.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes of records that are not deleted.</summary>
    public long LiveBytes => Volatile.Read(ref _liveBytes);

    /// <summary>Writes records at the end. Where the disk refuses, the file is cut back and the fault thrown.</summary>
    public void Append(IReadOnlyList<ReadOnlyMemory<byte>> records, bool flush)
    {
        long total = records.Sum(record => (long)record.Length);
        try
        {
            volume.Write(handle, records, Length);
            if (flush)
            {
                volume.Flush(handle);
            }
        }
        catch (Exception e) when (EntryVolume.IsDiskFault(e))
        {
            volume.SetLength(handle, Length);
            throw;
        }

        Length += total;
        _seenEnd = Length;
        Interlocked.Add(ref _liveBytes, records.Sum(record => record.Span[EntryPreamble.StateOffset] == EntryPreamble.Live ? (long)record.Length : 0));
    }

    /// <summary>Reads the record at an offset and checks it.</summary>
    public EntryFault TryRead(long offset, Hash256 key, out EntryPreamble preamble, out byte[] record)
    {
        record = [];
        Span<byte> fixedPart = stackalloc byte[EntryPreamble.Size];
        EntryFault fault = EntryPreamble.TryRead(fixedPart[..ReadUpTo(offset, fixedPart)], out preamble);
        if (fault != EntryFault.None)
        {
            return fault;
        }

        record = new byte[preamble.BodyOffset];
        if (preamble.BodyLength != 0 || ReadUpTo(offset, record) < record.Length)
        {
            return EntryFault.Truncated;
        }

        return !preamble.Matches(record) ? EntryFault.Checksum
            : preamble.State != EntryPreamble.Live ? EntryFault.Missing
            : preamble.Key != key ? EntryFault.Misplaced
            : EntryFault.None;
    }

    /// <summary>Marks a record deleted: one byte, so a crash leaves it either way and never half.</summary>
    public void Delete(long offset, long bytes)
    {
        volume.Write(handle, [DeletedMark], offset + EntryPreamble.StateOffset);
        Interlocked.Add(ref _liveBytes, -bytes);
    }

    /// <summary>Makes a record count that was appended as deleted.</summary>
    public void Revive(long offset, long bytes)
    {
        volume.Write(handle, [LiveMark], offset + EntryPreamble.StateOffset);
        Interlocked.Add(ref _liveBytes, bytes);
    }

    public void Flush() => volume.Flush(handle);

    /// <summary>
    /// Calls back for every live record since the last scan. Damage is skipped by looking for the next magic. What is incomplete at the end stays unscanned: a
    /// crash tore it, or another process is writing it now.
    /// </summary>
    /// <returns>Stretches of bytes that were no records.</returns>
    public int Scan(Action<EntryPreamble, long> found, CancellationToken cancellationToken)
    {
        long end = volume.LengthOf(handle);
        if (end == _seenEnd)
        {
            return 0;
        }

        int damaged = 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ScanBytes);
        try
        {
            while (Length < end)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int read = ReadUpTo(Length, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - Length)));
                int consumed = ScanBuffer(buffer.AsSpan(0, read), Length, ref damaged, found);
                if (consumed == 0 && Length + read >= end)
                {
                    break;
                }

                if (consumed == 0)
                {
                    // One record larger than the buffer.
                    byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                Length += consumed;
            }

            // Not before: a scan that is broken off is done again.
            _seenEnd = end;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return damaged;
    }

    public void Dispose() => handle.Dispose();

    /// <summary>Reports the whole records at the start of the bytes; returns how many bytes they and the damage between them are.</summary>
    private int ScanBuffer(ReadOnlySpan<byte> bytes, long fileOffset, ref int damaged, Action<EntryPreamble, long> found)
    {
        int at = 0;
        while (bytes.Length - at >= EntryPreamble.Size)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            bool sane = EntryPreamble.TryRead(rest, out EntryPreamble preamble) == EntryFault.None && preamble.BodyLength == 0;
            bool whole = sane && preamble.BodyOffset <= rest.Length;
            if (whole && preamble.Matches(rest))
            {
                Report(preamble, fileOffset + at, found);
                at += preamble.BodyOffset;
                continue;
            }

            // Damage, if something follows it; otherwise not complete yet, or never to be.
            int next = rest[1..].IndexOf(EntryPreamble.Magic);
            if (next < 0)
            {
                break;
            }

            damaged++;
            at += next + 1;
        }

        return at;
    }

    private void Report(in EntryPreamble preamble, long offset, Action<EntryPreamble, long> found)
    {
        if (preamble.State == EntryPreamble.Live)
        {
            Interlocked.Add(ref _liveBytes, preamble.TotalLength);
            found(preamble, offset);
        }
    }

    private int ReadUpTo(long offset, Span<byte> destination)
    {
        int total = 0;
        while (total < destination.Length)
        {
            int read = volume.Read(handle, destination[total..], offset + total);
            if (read == 0)
            {
                break;
            }

            total += read;
        }

        return total;
    }
}
