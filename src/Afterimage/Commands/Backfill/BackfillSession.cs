using System.CommandLine;
using Afterimage.Backfill;
using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Requests;
using Afterimage.Text;
using Afterimage.Vectors;

namespace Afterimage.Commands.Backfill;

/// <summary>Store and index opened for one command. Where a gateway has them open, the command talks to it instead.</summary>
internal sealed class BackfillSession : IAsyncDisposable
{
    private readonly IEntryStore _store;
    private readonly IVectorIndex _index;
    private readonly Stack<IAsyncDisposable> _owned;

    private BackfillSession(GatewayOptions options, IEntryStore store, ITextEmbedder embedder, IVectorIndex index, Stack<IAsyncDisposable> owned)
    {
        (_store, _index, _owned) = (store, index, owned);
        Service = new BackfillService(Context(options, store, embedder, index, Composition.CreatePolicy(options.Semantic, embedder.Space), SpaceRecord.Open(options.Data, embedder.Space.Id)));
    }

    public BackfillService Service { get; }

    /// <summary>Settings for a backfill: no origin is needed.</summary>
    public static GatewayOptions? Load(BackfillArguments arguments, ParseResult parsed, List<string> mistakes)
    {
        List<KeyValuePair<string, string?>> overrides = SettingArguments.Parse(parsed.UnmatchedTokens, mistakes);
        overrides.Insert(0, new("Origin:Url", "demo"));
        if (parsed.GetValue(arguments.Data) is { } data)
        {
            overrides.Add(new("Data", data));
        }

        return ConfigurationLoader.Load(parsed.GetValue(arguments.Config), overrides, mistakes);
    }

    /// <summary>The job files of a data folder.</summary>
    public static string FolderOf(GatewayOptions options) => Path.Combine(options.Data, "backfill");

    public static BackfillContext Context(GatewayOptions options, IEntryStore store, ITextEmbedder embedder, IVectorIndex index, Matching.IMatchPolicy policy, SpaceRecord spaces) => new()
    {
        Store = store,
        Embedder = embedder,
        Index = index,
        Policy = policy,
        Mapper = new BackfillRequestMapper(new PollinationsDialect(options.Pollinations)),
        Resolution = new ResolutionBuckets(options.Semantic.Resolution),
        Locations = BackfillParts.Locations,
        Folder = FolderOf(options),
        Reindexed = spaces.Reindexed,
    };

    /// <summary>Opens the parts; null where another process has the index open.</summary>
    public static async ValueTask<BackfillSession?> OpenAsync(GatewayOptions options, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.Data);
        ITextEmbedder embedder = Composition.CreateEmbedder(options);
        IVectorIndex index;
        var owned = new Stack<IAsyncDisposable>();
        try
        {
            index = Composition.OpenIndex(options, embedder.Space, owned);
        }
        catch (VectorIndexUnavailableException)
        {
            return null;
        }

        // A command has the time that a request has not: it waits for the first contact, and says at once what is wrong.
        if (await Composition.FaultAsync(index, cancellationToken) is { } fault)
        {
            await index.DisposeAsync();
            throw new VectorIndexUnavailableException(fault);
        }

        var session = new BackfillSession(options, Composition.OpenStore(options, TimeProvider.System), embedder, index, owned);
        while (!session._store.Status.Loaded)
        {
            await Task.Delay(20, cancellationToken);
        }

        return session;
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await _index.DisposeAsync();
        await _store.DisposeAsync();
        while (_owned.TryPop(out IAsyncDisposable? part))
        {
            await part.DisposeAsync();
        }
    }
}
