namespace Afterimage.Configuration;

/// <summary>Where the vectors of prompts come from.</summary>
internal sealed class EmbeddingOptions
{
    [Setting("`BuiltIn`: in the package. `Bert`: a model on this machine, see afterimage model pull. `WorkersAi`: Cloudflare. `OpenAi`: any server with /v1/embeddings.")]
    public EmbeddingProvider Provider { get; init; } = EmbeddingProvider.BuiltIn;

    [Setting("Bert: a folder, a known name or a repository id. WorkersAi: for example @cf/baai/bge-base-en-v1.5. OpenAi: what the server calls it. Empty: BAAI/bge-base-en-v1.5, there and here.")]
    public string Model { get; init; } = "";

    [Setting("How token vectors become one. `Auto`: what the model's files say; `Cls` for WorkersAi. Another pooling is another space.")]
    public PoolingChoice Pooling { get; init; } = PoolingChoice.Auto;

    [Setting("Bert: `Int8` or `Fp32`. `Auto`: Int8, except for tiny models. Models that 8 bits would harm run in Fp32 whatever is said here.")]
    public PrecisionChoice Precision { get; init; } = PrecisionChoice.Auto;

    [Setting("OpenAi: the server's base address, for example http://127.0.0.1:11434/v1. WorkersAi: where Cloudflare's API is, if not at Cloudflare.")]
    public string Url { get; init; } = "";

    [Setting("WorkersAi: the account's id.")]
    public string Account { get; init; } = "";

    [Setting("Bearer token of the remote embedder. Empty: none.", Secret = true)]
    public string Token { get; init; } = "";

    [Setting("Components of the remote model's vectors. 0: known from the model's name.", Min = 0, Max = 4096)]
    public int Dimensions { get; init; }

    [Setting("Seconds until a remote embedder must have answered, retries included; later is a semantic miss.", Min = 0.05, Max = 120)]
    public double TimeoutSeconds { get; init; } = 2;

    [Setting("Calls a second to the remote embedder. 0: no limit, but for WorkersAi, which needs one: Cloudflare blocks accounts above 4 a second over all its interfaces.", Min = 0, Max = 10000)]
    public double CallsPerSecond { get; init; }

    [Setting("Texts that one remote call may carry.", Min = 1, Max = 2048)]
    public int TextsPerCall { get; init; } = 32;

    [Setting("Bytes of vectors that are remembered by text, for models and remote embedders. 0: none.", Min = 0)]
    public long CacheBytesMax { get; init; } = 64 * 1024 * 1024;
}

internal enum EmbeddingProvider
{
    BuiltIn,
    Bert,
    WorkersAi,
    OpenAi,
}

internal enum PoolingChoice
{
    Auto,
    Cls,
    Mean,
}

internal enum PrecisionChoice
{
    Auto,
    Int8,
    Fp32,
}
