using System.Runtime.CompilerServices;
using System.Text;
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
        foreach (FileInfo file in Walk(new DirectoryInfo(_root), "", after))
        {
            cancellationToken.ThrowIfCancellationRequested();
            string key = Path.GetRelativePath(_root, file.FullName).Replace(Path.DirectorySeparatorChar, '/');
            yield return new SourceImage(key, new Uri(file.FullName).AbsoluteUri, file.Length, file.LastWriteTimeUtc);
        }
    }

    public ValueTask<SourceContent?> ReadAsync(SourceImage image, CancellationToken cancellationToken)
    {
        try
        {
            byte[]? bytes = ReadAll(PathOf(image.Key), long.MaxValue);
            return ValueTask.FromResult(bytes is null ? null : new SourceContent(bytes, NoMetadata));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
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
                if (ReadAll(PathOf(name), FileNames.SidecarBytesMax) is { } bytes)
                {
                    return ValueTask.FromResult<string?>(Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF'));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A sidecar that cannot be read is none.
            }
        }

        return default;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private string PathOf(string key) => Path.Combine(_root, key.Replace('/', Path.DirectorySeparatorChar));

    private static byte[]? ReadAll(string path, long lengthMax)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        long length = RandomAccess.GetLength(handle);
        if (length > Math.Min(lengthMax, Array.MaxLength))
        {
            return null;
        }

        var bytes = new byte[length];
        int read = 0;
        while (read < bytes.Length && RandomAccess.Read(handle, bytes.AsSpan(read), read) is > 0 and int more)
        {
            read += more;
        }

        return read == bytes.Length ? bytes : bytes[..read];
    }

    // Sorted as whole relative paths are: a folder counts as its name with a slash, so that "a.png" comes before "a/b.png".
    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder, string prefix, string? after)
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
                    yield return file;
                }
            }
            else if (after is null || string.CompareOrdinal(key + char.MaxValue, after) > 0)
            {
                foreach (FileInfo inner in Walk((DirectoryInfo)info, key, after))
                {
                    yield return inner;
                }
            }
        }
    }

    private static IEnumerable<FileSystemInfo> Children(DirectoryInfo folder)
    {
        try
        {
            return folder.EnumerateFileSystemInfos("*", new EnumerationOptions { IgnoreInaccessible = true, AttributesToSkip = 0 });
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
