namespace Afterimage.Cloud.HuggingFace;

/// <summary>A model that is known by name.</summary>
/// <param name="Repository">Owner and name at Hugging Face.</param>
/// <param name="Revision">What is fetched unless another revision is asked for. Whatever it is, its commit is recorded with the files.</param>
/// <param name="Dimensions">Components of its vectors.</param>
/// <param name="Note">One line for people.</param>
internal sealed record KnownModel(string Repository, string Revision, int Dimensions, string Note)
{
    /// <summary>SHA-256 of the vocabulary of the uncased English BERT models, which all of these share.</summary>
    public const string UncasedVocabularySha256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3";

    public static IReadOnlyList<KnownModel> All { get; } =
    [
        new("BAAI/bge-base-en-v1.5", "main", 768, "the reference: English, 109 million parameters, 438 MB to fetch"),
        new("BAAI/bge-small-en-v1.5", "main", 384, "English, 33 million parameters, 133 MB to fetch, about four times as fast"),
        new("sentence-transformers/all-MiniLM-L6-v2", "main", 384, "English, 23 million parameters, 91 MB to fetch, about eight times as fast"),
    ];

    /// <summary>The name behind the owner, in lower case: how people call it.</summary>
    public string ShortName => Repository[(Repository.IndexOf('/', StringComparison.Ordinal) + 1)..].ToLowerInvariant();

    /// <summary>A known model by repository or short name; null where it is none.</summary>
    public static KnownModel? Find(string name) =>
        All.FirstOrDefault(m => string.Equals(m.Repository, name, StringComparison.OrdinalIgnoreCase) || string.Equals(m.ShortName, name, StringComparison.OrdinalIgnoreCase));
}
