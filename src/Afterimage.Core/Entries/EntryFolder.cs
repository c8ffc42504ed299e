using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Afterimage.Entries;

/// <summary>
/// The files of a store: names, reading with every check, writing under a temporary name, publishing by rename. Knows nothing of what is in memory.
/// <code>
///   ab/cd/(64 hexadecimal digits).entry    an entry, named by its exact key, whose first digits name the folders
///   tmp/                                   writes under way
///   damaged/                               what was refused, for a person to look at
/// </code>
/// Returns faults for what is wrong with bytes; lets <see cref="IOException"/> and <see cref="UnauthorizedAccessException"/> through for what is wrong
/// with the disk.
/// </summary>
internal sealed class EntryFolder(string root, EntryVolume volume)
{
    public const string Extension = ".entry";
    private const int FirstReadBytes = 4096;
    private const int DamagedFilesMax = 100;

    // Names this process's writes: unique among all that ever wrote here.
    private readonly string _instance = $"{Environment.ProcessId}-{Guid.NewGuid():N}-";
    private int _temporaries;
    private int _damagedFiles = -1;

    public string Root { get; } = root;

    public EntryVolume Volume { get; } = volume;

    private string TemporaryFolder { get; } = Path.Combine(root, "tmp");

    private string DamagedFolder { get; } = Path.Combine(root, "damaged");

    public string PathOf(Hash256 key)
    {
        string hex = key.ToHex();
        return Path.Combine(Root, hex[..2], hex[2..4], hex + Extension);
    }

    /// <summary>Opens and checks the entry of a key; the caller holds the file once.</summary>
    /// <param name="key">The entry's key.</param>
    /// <param name="isExpected">Whether the file is likely to be there: else it is looked for before it is opened.</param>
    /// <param name="file">Null where there is a fault.</param>
    public EntryFault Open(Hash256 key, bool isExpected, out EntryFile? file)
    {
        file = null;
        string path = PathOf(key);
        if (!isExpected && !Volume.Exists(path))
        {
            return EntryFault.Missing;
        }

        SafeFileHandle handle;
        try
        {
            handle = Volume.OpenRead(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return EntryFault.Missing;
        }

        EntryFault fault = EntryFault.Unreadable;
        try
        {
            fault = ReadHeader(handle, key, out EntryPreamble preamble, out EntryHeader? header);
            file = fault == EntryFault.None ? new EntryFile(Volume, handle, preamble, header!) : null;
            return fault;
        }
        finally
        {
            if (fault != EntryFault.None)
            {
                handle.Dispose();
            }
        }
    }

    /// <summary>Checks preamble, checksum and length of an entry file without parsing its JSON.</summary>
    public EntryFault Inspect(Hash256 key, out EntryPreamble preamble)
    {
        preamble = default;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstReadBytes);
        try
        {
            using SafeFileHandle handle = Volume.OpenRead(PathOf(key));
            return ReadChecked(handle, key, ref buffer, out preamble);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return EntryFault.Missing;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Whether the body's bytes are those that were stored. Entries whose hash was never known pass.</summary>
    public static bool BodyMatches(EntryFile file)
    {
        if (file.ContentHash == default)
        {
            return true;
        }

        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(file.BodyLength, 1, 128 << 10));
        try
        {
            int read;
            for (long offset = 0; (read = file.Read(offset, buffer)) > 0; offset += read)
            {
                sha.AppendData(buffer, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        Span<byte> digest = stackalloc byte[Hash256.Size];
        sha.GetHashAndReset(digest);
        return Hash256.FromBytes(digest) == file.ContentHash;
    }

    /// <summary>Writes a file under a temporary name; the caller publishes or disposes it. On a disk fault nothing stays behind.</summary>
    public TemporaryEntry WriteTemporary(IReadOnlyList<ReadOnlyMemory<byte>> parts, bool flush)
    {
        string path = Path.Combine(TemporaryFolder, $"{_instance}{Interlocked.Increment(ref _temporaries)}.tmp");
        SafeFileHandle handle;
        try
        {
            handle = Volume.Create(path);
        }
        catch (DirectoryNotFoundException)
        {
            Volume.CreateFolder(TemporaryFolder);
            handle = Volume.Create(path);
        }

        var temporary = new TemporaryEntry(Volume, path, handle);
        try
        {
            temporary.Write(parts, flush);
            return temporary;
        }
        catch
        {
            temporary.Dispose();
            throw;
        }
    }

    /// <summary>Removes an entry's file; one that is not there is fine.</summary>
    public void Delete(Hash256 key)
    {
        try
        {
            Volume.Delete(PathOf(key));
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever stored in that folder.
        }
    }

    /// <summary>Moves a refused file out of the way, keeping the last hundred for a person to look at.</summary>
    public void SetAside(string path, EntryFault fault)
    {
        if (_damagedFiles < 0)
        {
            Volume.CreateFolder(DamagedFolder);
            _damagedFiles = Directory.EnumerateFiles(DamagedFolder).Count();
        }

        if (_damagedFiles >= DamagedFilesMax)
        {
            Volume.Delete(path);
            return;
        }

        Volume.Move(path, Path.Combine(DamagedFolder, $"{Path.GetFileName(path)}.{fault}.{Guid.NewGuid():N}"));
        Interlocked.Increment(ref _damagedFiles);
    }

    /// <summary>Removes what earlier processes left half-written; another running process's writes hold a lock and stay.</summary>
    public int RemoveLeftovers()
    {
        int removed = 0;
        if (!Directory.Exists(TemporaryFolder))
        {
            return 0;
        }

        foreach (string path in Directory.EnumerateFiles(TemporaryFolder))
        {
            if (Path.GetFileName(path.AsSpan()).StartsWith(_instance))
            {
                continue;
            }

            try
            {
                // Opening for writing without sharing fails while its writer lives (an advisory lock on Unix, a share mode on Windows).
                using (File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                {
                    File.Delete(path);
                }

                removed++;
            }
            catch (Exception e) when (EntryVolume.IsDiskFault(e))
            {
                continue;
            }
        }

        return removed;
    }

    private EntryFault ReadHeader(SafeFileHandle handle, Hash256 key, out EntryPreamble preamble, out EntryHeader? header)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstReadBytes);
        try
        {
            header = null;
            EntryFault fault = ReadChecked(handle, key, ref buffer, out preamble);
            if (fault != EntryFault.None)
            {
                return fault;
            }

            header = EntryHeaderJson.TryRead(buffer.AsSpan(EntryPreamble.Size, preamble.HeaderLength));
            return header is null || header.Key != preamble.Key ? EntryFault.Header : EntryFault.None;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private EntryFault ReadChecked(SafeFileHandle handle, Hash256 key, ref byte[] buffer, out EntryPreamble preamble)
    {
        long length = Volume.LengthOf(handle);
        int read = ReadUpTo(handle, buffer, (int)Math.Min(length, FirstReadBytes));
        EntryFault fault = EntryPreamble.TryRead(buffer.AsSpan(0, read), out preamble);
        if (fault != EntryFault.None)
        {
            return fault;
        }

        if (preamble.TotalLength != length)
        {
            return EntryFault.Truncated;
        }

        if (preamble.BodyOffset > read)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = ArrayPool<byte>.Shared.Rent(preamble.BodyOffset);
            if (ReadUpTo(handle, buffer, preamble.BodyOffset) < preamble.BodyOffset)
            {
                return EntryFault.Truncated;
            }
        }

        if (!preamble.Matches(buffer))
        {
            return EntryFault.Checksum;
        }

        return preamble.Key == key ? EntryFault.None : EntryFault.Misplaced;
    }

    private int ReadUpTo(SafeFileHandle handle, byte[] buffer, int count)
    {
        int total = 0;
        while (total < count)
        {
            int read = Volume.Read(handle, buffer.AsSpan(total, count - total), total);
            if (read == 0)
            {
                break;
            }

            total += read;
        }

        return total;
    }
}
