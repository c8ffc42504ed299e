using Afterimage.Entries;
using Microsoft.Win32.SafeHandles;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>
/// The content of a response whose fields are in memory while it is on disk only. Whoever sends it opens it first (<see cref="OpenAsync"/>), which tells whether it is there still.
/// Thread-safe.
/// </summary>
/// <param name="entries">Where it is.</param>
/// <param name="header">Its entry's. A later response of the same name is another entry.</param>
internal sealed class DiskContent(IEntryStore entries, EntryHeader header) : IStoredContent
{
    private readonly Hash256 _key = header.Key;
    private readonly string _id = header.Id;

    public long Length { get; } = header.Length;

    public ReadOnlyMemory<byte>? Body => null;

    public (SafeFileHandle Handle, long Offset)? File => null;

    /// <summary>The entry, which stays readable until it is disposed; null where it has been replaced, evicted or damaged.</summary>
    public async ValueTask<OpenEntry?> OpenAsync(CancellationToken cancellationToken)
    {
        OpenEntry? entry = await entries.OpenAsync(_key, cancellationToken);
        if (entry is null || entry.Header.Id == _id)
        {
            return entry;
        }

        entry.Dispose();
        return null;
    }

    /// <inheritdoc/>
    /// <remarks>Opens it for each call.</remarks>
    public async ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        using OpenEntry entry = await OpenAsync(cancellationToken) ?? throw new IOException($"entry {_id} is not there any more");
        return await entry.ReadAsync(offset, destination, cancellationToken);
    }
}
