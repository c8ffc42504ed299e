using Afterimage.Caching;
using Afterimage.Caching.Http;

namespace Afterimage.Gateway.HttpRoute;

/// <summary>What a route of dialect <c>http</c> is told. Immutable.</summary>
internal sealed record HttpRouteOptions
{
    public const long DefaultBytesMax = 256L << 20;
    public const int DefaultObjectBytesMax = 32 << 20;

    /// <summary>Where requests go; only scheme, host and port count here: what an absolute <c>Location</c> may name.</summary>
    public required IReadOnlyList<Uri> Origins { get; init; }

    public HttpCachePolicy Policy { get; init; } = HttpCachePolicy.Default;

    /// <summary>Largest content that is kept, in bytes; larger ones are streamed through. Default 32 MiB.</summary>
    public int ObjectBytesMax { get; init; } = DefaultObjectBytesMax;

    /// <summary>The memory that answers under way may take, together with those of other routes. Default 256 MiB.</summary>
    public BufferBudget Buffers { get; init; } = new(256L << 20);

    /// <summary>Longest wait between two reads of the origin's content. Default 60 s.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether identical GET requests wait for the one that is under way. Default true.</summary>
    public bool Coalesce { get; init; } = true;

    /// <summary>Whether 102 and 103 are passed on to HTTP/1.1 clients. Default true.</summary>
    public bool ForwardInterim { get; init; } = true;

    /// <summary>Name in <c>Cache-Status</c> and <c>Via</c>.</summary>
    public string CacheName { get; init; } = "afterimage";
}
