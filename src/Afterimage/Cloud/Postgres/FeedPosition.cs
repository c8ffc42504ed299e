using System.Text.Json;

namespace Afterimage.Cloud.Postgres;

/// <summary>
/// Who this gateway is in the change feed and how far it has read, in a small file of its data folder, so that it reads on after a restart. A gateway
/// without the file is a new one: it reads from the beginning of what is kept.
/// </summary>
public sealed class FeedPosition
{
    private readonly string? _path;

    private FeedPosition(string? path, Guid sender, long read) => (_path, Sender, Read) = (path, sender, read);

    /// <summary>Marks this gateway's own changes.</summary>
    public Guid Sender { get; }

    /// <summary>The last change that was acted on; 0 before any.</summary>
    public long Read { get; private set; }

    /// <summary>Remembers nothing after the process.</summary>
    public static FeedPosition InMemory(long read = 0) => new(null, Guid.NewGuid(), read);

    /// <summary>A file that cannot be read counts as missing: what is read twice is only acted on twice.</summary>
    public static FeedPosition Open(string path)
    {
        try
        {
            if (File.Exists(path) && JsonSerializer.Deserialize<State>(File.ReadAllBytes(path)) is { Read: >= 0 } state && state.Sender != Guid.Empty)
            {
                return new FeedPosition(path, state.Sender, state.Read);
            }
        }
        catch (JsonException)
        {
        }

        var fresh = new FeedPosition(path, Guid.NewGuid(), 0);
        fresh.MoveTo(0);
        return fresh;
    }

    /// <summary>Remembers a position. Throws <see cref="IOException"/> where the disk refuses.</summary>
    public void MoveTo(long read)
    {
        Read = read;
        if (_path is not null)
        {
            string temporary = _path + ".tmp";
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(new State(Sender, read)));
            File.Move(temporary, _path, overwrite: true);
        }
    }

    private sealed record State(Guid Sender, long Read);
}
