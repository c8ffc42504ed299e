using System.Buffers;
using System.IO.Enumeration;
using System.Runtime.CompilerServices;
using System.Text;
using Afterimage.Entries;
using Microsoft.Win32.SafeHandles;

namespace Afterimage.Backfill.Sources;

/// <summary>A folder with everything below it. Symbolic links are not followed, so that no link leads outside or round in circles.</summary>
public sealed class FolderSource : IImageSource
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    private readonly string _root;
    private readonly bool _sidecars;

    /// <param name="folder">An existing folder.</param>
    /// <param name="sidecars">Look for text files beside images.</param>
    public FolderSource(string folder, bool sidecars = true)
    {
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _sidecars = sidecars;
    }

    public string Name => _root;

    public bool InPlaceByDefault => false;

    public async IAsyncEnumerable<SourceImage> ListAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        if (!Directory.Exists(_root))
        {
            // Not an empty folder: a volume that is not mounted now must not end a job.
            throw new SourceException($"there is no folder {_root}", transient: false);
        }

        foreach ((string key, FileInfo file) in Walk(new DirectoryInfo(_root), "", after))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Describe(key, file) is { } image && !IsOfStore(file.DirectoryName, file.Name, image.Length))
            {
                yield return image;
            }
        }
    }

    public ValueTask<SourceContent?> ReadAsync(SourceImage image, CancellationToken cancellationToken)
    {
        try
        {
            // No more than was listed: a file that grows is still being written, and how far it will grow nobody knows.
            byte[] rented = ArrayPool<byte>.Shared.Rent((int)Math.Min(image.Length, Array.MaxLength));
            int length = Read(PathOf(image.Key), rented, image.Length);
            return length >= 0
                ? ValueTask.FromResult<SourceContent?>(new SourceContent(rented.AsMemory(0, length), NoMetadata) { Rented = rented })
                : throw new SourceException("the file has grown since it was listed", transient: false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && e is not SourceException)
        {
            throw new SourceException(e.Message, transient: e is not UnauthorizedAccessException, e);
        }
    }

    public ValueTask<string?> ReadSidecarAsync(SourceImage image, CancellationToken cancellationToken)
    {
        if (!_sidecars)
        {
            return default;
        }

        foreach (string name in FileNames.SidecarsOf(image.Key))
        {
            try
            {
                // Pipes and devices have no length; opening one could wait for ever.
                string path = PathOf(name);
                if (new FileInfo(path) is { Exists: true, Length: > 0 and <= FileNames.SidecarBytesMax } file)
                {
                    byte[] text = new byte[file.Length];
                    int length = Read(path, text, text.Length);
                    return ValueTask.FromResult<string?>(Encoding.UTF8.GetString(text, 0, Math.Max(0, length)).TrimStart('\uFEFF'));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A sidecar that cannot be read is none.
            }
        }

        return default;
    }

    public ValueTask<long> CountAsync(CancellationToken cancellationToken)
    {
        long count = 0;
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        try
        {
            foreach (string _ in new FileSystemEnumerable<string>(_root, static (ref entry) => "", options) { ShouldIncludePredicate = IsImage })
            {
                cancellationToken.ThrowIfCancellationRequested();
                count++;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException(e.Message, transient: true, e);
        }

        return ValueTask.FromResult(count);

        static bool IsImage(ref FileSystemEntry entry) =>
            !entry.IsDirectory && FileNames.MayBeImage(entry.FileName) && !IsOfStore(entry.Directory, entry.FileName, entry.Length);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // A store that is moved is listed with what it keeps beside its entries.
    private static bool IsOfStore(ReadOnlySpan<char> folder, ReadOnlySpan<char> name, long length) =>
        StoreFiles.IsBookkeeping(Path.GetFileName(folder), name, length) || (name is StoreFiles.Recency && StoreFiles.IsRecency(Path.Join(folder, name)));

    private string PathOf(string key) => Path.Combine(_root, key.Replace('/', Path.DirectorySeparatorChar));

    // A file that goes away between listing and looking is none.
    private static SourceImage? Describe(string key, FileInfo file)
    {
        try
        {
            return new SourceImage(key, FileLocation.Of(file.FullName), file.Length, file.LastWriteTimeUtc);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Reads a file into the room; how many bytes it has, or -1 where they are more than <paramref name="lengthMax"/>.</summary>
    private static int Read(string path, byte[] room, long lengthMax)
    {
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        long length = RandomAccess.GetLength(handle);
        if (length > lengthMax)
        {
            return -1;
        }

        int filled = 0;
        while (filled < length && RandomAccess.Read(handle, room.AsSpan(filled, (int)length - filled), filled) is > 0 and int more)
        {
            filled += more;
        }

        return filled;
    }

    // Sorted as whole relative paths are: a folder counts as its name with a slash, so that "a.png" comes before "a/b.png".
    private static IEnumerable<(string Key, FileInfo File)> Walk(DirectoryInfo folder, string prefix, string? after)
    {
        List<(string Sort, FileSystemInfo Info)> children = [];
        foreach (FileSystemInfo info in Children(folder))
        {
            bool isFolder = info.Attributes.HasFlag(FileAttributes.Directory);
            if (!info.Attributes.HasFlag(FileAttributes.ReparsePoint) && (isFolder || FileNames.MayBeImage(info.Name)))
            {
                children.Add((isFolder ? info.Name + "/" : info.Name, info));
            }
        }

        children.Sort((a, b) => string.CompareOrdinal(a.Sort, b.Sort));
        foreach ((string sort, FileSystemInfo info) in children)
        {
            string key = prefix + sort;
            if (info is FileInfo file)
            {
                if (after is null || string.CompareOrdinal(key, after) > 0)
                {
                    yield return (key, file);
                }
            }
            else if (after is null || string.CompareOrdinal(key + char.MaxValue, after) > 0)
            {
                foreach ((string, FileInfo) inner in Walk((DirectoryInfo)info, key, after))
                {
                    yield return inner;
                }
            }
        }
    }

    private static FileSystemInfo[] Children(DirectoryInfo folder)
    {
        try
        {
            return folder.GetFileSystemInfos("*", new EnumerationOptions { IgnoreInaccessible = true, AttributesToSkip = 0 });
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (IOException e)
        {
            throw new SourceException(e.Message, transient: true, e);
        }
    }
}
