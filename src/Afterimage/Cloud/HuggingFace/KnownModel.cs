namespace Afterimage.Cloud.HuggingFace;

/// <summary>A model that is known by name.</summary>
/// <param name="Repository">Owner and name at Hugging Face.</param>
/// <param name="Revision">The commit that is fetched unless another revision is asked for.</param>
/// <param name="WeightsSha256">What model.safetensors of that commit must be; null where it is not known, then the hub's word stands.</param>
/// <param name="Dimensions">Components of its vectors.</param>
/// <param name="Note">One line for people.</param>
internal sealed record KnownModel(string Repository, string Revision, string? WeightsSha256, int Dimensions, string Note)
{
    /// <summary>SHA-256 of the vocabulary of the uncased English BERT models, which all of these share.</summary>
    public const string UncasedVocabularySha256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3";

    public static IReadOnlyList<KnownModel> All { get; } =
    [
        new("BAAI/bge-base-en-v1.5", "a5beb1e3e68b9ab74eb54cfd186867f64f240e1a", "c7c1988aae201f80cf91a5dbbd5866409503b89dcaba877ca6dba7dd0a5167d7", 768, "the reference: English, 109 million parameters, 438 MB to fetch"),
        new("BAAI/bge-small-en-v1.5", "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a", "3c9f31665447c8911517620762200d2245a2518d6e7208acc78cd9db317e21ad", 384, "English, 33 million parameters, 133 MB to fetch, about four times as fast"),
        new("sentence-transformers/all-MiniLM-L6-v2", "1110a243fdf4706b3f48f1d95db1a4f5529b4d41", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", 384, "English, 23 million parameters, 91 MB to fetch, about eight times as fast"),
    ];

    /// <summary>The name behind the owner, in lower case: how people call it.</summary>
    public string ShortName => Repository[(Repository.IndexOf('/', StringComparison.Ordinal) + 1)..].ToLowerInvariant();

    /// <summary>A known model by repository or short name; null where it is none.</summary>
    public static KnownModel? Find(string name) =>
        All.FirstOrDefault(m => string.Equals(m.Repository, name, StringComparison.OrdinalIgnoreCase) || string.Equals(m.ShortName, name, StringComparison.OrdinalIgnoreCase));
}
