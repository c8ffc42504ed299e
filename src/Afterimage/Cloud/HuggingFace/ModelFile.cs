namespace Afterimage.Cloud.HuggingFace;

/// <summary>One file of a model as the hub describes it.</summary>
/// <param name="Path">Path in the repository, with slashes.</param>
/// <param name="Hash">SHA-256 (64 hexadecimal digits) of large files, git's blob hash (40) of small ones.</param>
/// <param name="Length">Bytes.</param>
internal sealed record ModelFile(string Path, string Hash, long Length)
{
    /// <summary>What an encoder reads; the first two must be there, and one of the next two.</summary>
    public static IReadOnlyList<string> Wanted { get; } =
    [
        "config.json", "model.safetensors", "tokenizer.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json", "modules.json",
        "sentence_bert_config.json", "1_Pooling/config.json",
    ];
}
