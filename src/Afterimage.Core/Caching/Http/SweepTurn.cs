namespace Afterimage.Caching.Http;

/// <summary>A place in the order in which <see cref="ResponseStore"/> sweeps. It outlives what it is for, so it lets go of that when it is removed.</summary>
internal sealed class SweepTurn(ResourceKey key)
{
    private StoredResponse? _response;

    public ResourceKey Key => key;

    /// <summary>Null once it has gone.</summary>
    public StoredResponse? Response
    {
        get => Volatile.Read(ref _response);
        set => Volatile.Write(ref _response, value);
    }
}
