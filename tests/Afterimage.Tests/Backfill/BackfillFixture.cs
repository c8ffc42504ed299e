using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Afterimage.Backfill;
using Afterimage.Backfill.Keys;
using Afterimage.Backfill.Sources;
using Afterimage.Commands.Backfill;
using Afterimage.Configuration;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Tests.Images;
using Afterimage.Text;
using Afterimage.Vectors;

namespace Afterimage.Tests.Backfill;

/// <summary>A folder of images as operators have them, and opened parts to adopt it into.</summary>
internal sealed class BackfillFixture : IAsyncDisposable
{
    /// <param name="around">What goes wrong with the store.</param>
    public BackfillFixture(string? root = null, Func<IEntryStore, IEntryStore>? around = null)
    {
        Root = root ?? Directory.CreateTempSubdirectory("afterimage-backfill-").FullName;
        Options = new GatewayOptions { Data = Path.Combine(Root, "data") };
        Directory.CreateDirectory(Images);
        ITextEmbedder embedder = Composition.CreateEmbedder(Options);
        IEntryStore store = FileEntryStore.Open(
            new FileEntryStoreOptions { Folder = Path.Combine(Options.Data, "entries"), Flush = FlushPolicy.Never, FreeDiskBytesMin = 0 }, TimeProvider.System, BackfillParts.Locations);
        Store = around?.Invoke(store) ?? store;
        Index = new ScanIndex(embedder.Space.Id, embedder.Space.Dimensions);
        Context = BackfillSession.Context(Options, Store, embedder, Index, Composition.CreatePolicy(Options.Semantic, embedder.Space), SpaceRecord.Open(Options.Data, embedder.Space.Id));
        Service = new BackfillService(Context);
    }

    public string Root { get; }

    public string Images => Path.Combine(Root, "images");

    public GatewayOptions Options { get; }

    public IEntryStore Store { get; }

    public IVectorIndex Index { get; }

    public BackfillContext Context { get; }

    public BackfillService Service { get; }

    public IImageSource Source => new FolderSource(Images);

    public void Add(string name, byte[] image)
    {
        string path = Path.Combine(Images, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, image);
    }

    /// <summary>An image under the earlier cache's key; every prompt and seed a request of its own.</summary>
    public void AddKeyed(string prompt, int seed) =>
        Add(EarlierKeyScheme.KeyOf($"/prompt/{Uri.EscapeDataString(prompt)}?width=4&height=4&seed={seed}", EarlierKeyScheme.Version), ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("n", $"{seed}")));

    /// <summary>PNG with the text of AUTOMATIC1111.</summary>
    public void AddInfoText(string name, string prompt, int seed) =>
        Add(name, ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("parameters", $"{prompt}\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: {seed}, Size: 4x4, Model: sd15")));

    public static byte[] ComfyPng(string prompt, long seed) => ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("prompt", JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["3"] = new { class_type = "KSampler", inputs = new { seed, steps = 20, model = Link("4"), positive = Link("6"), negative = Link("7"), latent_image = Link("5") } },
        ["4"] = new { class_type = "CheckpointLoaderSimple", inputs = new { ckpt_name = "sdxl\\base.safetensors" } },
        ["5"] = new { class_type = "EmptyLatentImage", inputs = new { width = 4, height = 4 } },
        ["6"] = new { class_type = "CLIPTextEncode", inputs = new { text = prompt, clip = Link("4") } },
        ["7"] = new { class_type = "CLIPTextEncode", inputs = new { text = "ugly", clip = Link("4") } },
        ["8"] = new { class_type = "VAEDecode", inputs = new { samples = Link("3") } },
        ["9"] = new { class_type = "SaveImage", inputs = new { images = Link("8") } },
    })));

    public void AddSidecar(string name, string text) => File.WriteAllText(Path.Combine(Images, name), text, new UTF8Encoding(false));

    /// <summary>What is stored and indexed, without what may differ between two runs that did the same.</summary>
    public async Task<SortedSet<string>> SnapshotAsync()
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (EntryHeader entry in Store.EnumerateAsync(default))
        {
            lines.Add($"entry {entry.Key} {entry.Request.Prompt} {entry.ContentHash} {entry.Location} {entry.Extraction}");
        }

        await foreach (VectorPlace place in Index.EnumerateAsync(default))
        {
            lines.Add($"vector {place.Entry} {place.Partition} {place.Seed}");
        }

        return lines;
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await Index.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }

    private static object[] Link(string node) => [node, 0];
}

/// <summary>A source whose reads fail a few times first.</summary>
internal sealed class FlakySource(IImageSource inner, int failures, bool transient = true) : IImageSource
{
    private readonly Dictionary<string, int> _left = [];

    public bool Healthy { get; set; }

    public string Name => inner.Name;

    public bool InPlaceByDefault => inner.InPlaceByDefault;

    public async IAsyncEnumerable<SourceImage> ListAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (SourceImage image in inner.ListAsync(after, cancellationToken))
        {
            yield return image;
        }
    }

    public ValueTask<SourceContent?> ReadAsync(SourceImage image, CancellationToken cancellationToken)
    {
        lock (_left)
        {
            int left = _left.GetValueOrDefault(image.Key, failures);
            _left[image.Key] = left - 1;
            if (left > 0 && !Healthy)
            {
                throw new SourceException("the bucket says SlowDown", transient);
            }
        }

        return inner.ReadAsync(image, cancellationToken);
    }

    public ValueTask<string?> ReadSidecarAsync(SourceImage image, CancellationToken cancellationToken) => inner.ReadSidecarAsync(image, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
