using Afterimage.Cloud.HuggingFace;
using Afterimage.Cloud.RemoteEmbedders;
using Afterimage.Text;
using Afterimage.Text.Bert;

namespace Afterimage.Configuration;

/// <summary>Makes the embedder that the section <c>Embedding</c> describes, and says what is wrong with it.</summary>
internal static class EmbedderFactory
{
    private const string DefaultModel = "BAAI/bge-base-en-v1.5";
    private const string DefaultWorkersAiModel = "@cf/baai/bge-base-en-v1.5";

    private static readonly (string Part, int Dimensions)[] KnownDimensions =
    [
        ("bge-small-en", 384), ("bge-base-en", 768), ("bge-large-en", 1024), ("bge-m3", 1024), ("all-minilm", 384), ("nomic-embed-text", 768),
        ("text-embedding-3-small", 1536), ("text-embedding-3-large", 3072), ("text-embedding-ada-002", 1536),
    ];

    /// <summary>What a single value's range cannot say. Looks at the machine: a model must be there before the gateway starts.</summary>
    public static void Check(EmbeddingOptions options, HubSettings hub, List<string> mistakes)
    {
        switch (options.Provider)
        {
            case EmbeddingProvider.Bert when new ModelStore(hub).Find(ModelOf(options)) is null:
                mistakes.Add($"Embedding:Model: {ModelStore.NotHere(ModelOf(options))}");
                break;
            case EmbeddingProvider.WorkersAi when options.Account.Length == 0 || options.Token.Length == 0:
                mistakes.Add("Embedding:Account, Embedding:Token: Workers AI needs both");
                break;
            case EmbeddingProvider.OpenAi when !Uri.TryCreate(options.Url, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"):
                mistakes.Add($"Embedding:Url: '{options.Url}' is not an address such as http://127.0.0.1:11434/v1");
                break;
            case EmbeddingProvider.OpenAi when options.Model.Length == 0:
                mistakes.Add("Embedding:Model: is missing; it is what the server calls the model");
                break;
        }

        if (options.Provider is EmbeddingProvider.WorkersAi or EmbeddingProvider.OpenAi && DimensionsOf(options) == 0)
        {
            mistakes.Add($"Embedding:Dimensions: is needed for {ModelOf(options)}, which is not known by name");
        }
    }

    /// <summary>The embedder; dispose it if it is disposable. Loading a model takes a moment.</summary>
    /// <param name="report">Told of failures of a remote embedder, and where a model does not run as it was asked to; a line for the operator each.</param>
    /// <exception cref="InvalidDataException">The model on this machine cannot be read.</exception>
    public static ITextEmbedder Create(
        EmbeddingOptions options, HubSettings hub, TimeProvider time, Action<string> report, HttpMessageHandler? handler = null)
    {
        ITextEmbedder embedder = options.Provider switch
        {
            EmbeddingProvider.Bert => LoadBert(options, hub, report),
            EmbeddingProvider.WorkersAi => Remote(options, new WorkersAiEndpoint(
                options.Account, ModelOf(options), PoolingName(options), options.Token,
                options.Url.Length > 0 ? new Uri(options.Url.TrimEnd('/') + "/") : null, handler), $"workers-ai/{ModelOf(options)}/{PoolingName(options)}", time, report),
            EmbeddingProvider.OpenAi => Remote(options, new OpenAiEndpoint(
                new Uri(options.Url), options.Model, options.Token, options.Dimensions, options.TextsPerCall, handler), $"openai/{new Uri(options.Url).Host}/{options.Model}", time, report),
            _ => new BuiltInEmbedder(),
        };
        return options.Provider == EmbeddingProvider.BuiltIn || options.CacheBytesMax == 0 ? embedder : new CachingEmbedder(embedder, options.CacheBytesMax);
    }

    private static BertEmbedder LoadBert(EmbeddingOptions options, HubSettings hub, Action<string> report)
    {
        string model = ModelOf(options);
        var store = new ModelStore(hub);
        string folder = store.Find(model) ?? throw new InvalidDataException(ModelStore.NotHere(model));
        ModelManifest? manifest = ModelManifest.Read(folder);
        string name = manifest?.Repository ?? (Directory.Exists(model) ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model))) : model);
        Pooling? pooling = options.Pooling switch { PoolingChoice.Cls => Pooling.Cls, PoolingChoice.Mean => Pooling.Mean, _ => null };
        Precision? precision = options.Precision switch { PrecisionChoice.Int8 => Precision.Int8, PrecisionChoice.Fp32 => Precision.Fp32, _ => null };
        BertEmbedder embedder = BertEmbedder.Load(folder, name, manifest?.Commit, pooling, precision, store.PackedFolderOf(folder));
        if (embedder.Int8Refusal is { } refusal)
        {
            report($"{name} is {refusal}");
        }

        return embedder;
    }

    private static RemoteEmbedder Remote(EmbeddingOptions options, IEmbeddingEndpoint endpoint, string name, TimeProvider time, Action<string> report)
    {
        int dimensions = DimensionsOf(options);
        string id = new([.. $"{name}/{dimensions}/text-1".Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '@' or '/' or '-' ? c : '+')]);
        var limits = new RemoteLimits
        {
            Timeout = TimeSpan.FromSeconds(options.TimeoutSeconds),
            AttemptTimeout = TimeSpan.FromSeconds(Math.Max(0.05, options.TimeoutSeconds * 0.6)),
            CallsPerSecond = options.CallsPerSecond,
        };
        return new RemoteEmbedder(endpoint, new EmbeddingSpace(id[..Math.Min(id.Length, 200)], dimensions), limits, time, report);
    }

    private static string ModelOf(EmbeddingOptions options) => options.Model.Length > 0 ? options.Model
        : options.Provider == EmbeddingProvider.WorkersAi ? DefaultWorkersAiModel : DefaultModel;

    private static string PoolingName(EmbeddingOptions options) => options.Pooling == PoolingChoice.Mean ? "mean" : "cls";

    private static int DimensionsOf(EmbeddingOptions options) => options.Dimensions > 0 ? options.Dimensions
        : KnownDimensions.FirstOrDefault(k => ModelOf(options).Contains(k.Part, StringComparison.OrdinalIgnoreCase)).Dimensions;
}
