namespace Afterimage.Configuration;

/// <summary>Variety on purpose.</summary>
internal sealed class VariantOptions
{
    public const int SizeMax = 16;

    [Setting("Pictures kept of one request that names no seed. Until there are so many each such request makes one, with a random seed from the second on; then they are served in turn. 1: one picture, as ever.", Min = 1, Max = SizeMax)]
    public int Size { get; init; } = 1;

    [Setting("What a client gets that asks again for the same unseeded request within RerollSeconds: `Turn`, the next as everyone; `Fresh`, one that is made anew and takes the place of the oldest.")]
    public RerollPolicy Reroll { get; init; } = RerollPolicy.Turn;

    [Setting("Seconds within which asking again counts as rolling again. For as long a hash of client and request is kept in memory.", Min = 1, Max = 3600)]
    public int RerollSeconds { get; init; } = 120;

    [Setting("Request header that tells clients apart, besides User-Agent, for example CF-Connecting-IP. Empty: the address that connects; behind a proxy or CDN that would be everyone.")]
    public string ClientHeader { get; init; } = "";

    /// <summary>Whether anything differs from one picture for one request.</summary>
    public bool Enabled => Size > 1 || Reroll == RerollPolicy.Fresh;
}

internal enum RerollPolicy
{
    Turn,
    Fresh,
}
