using Afterimage.Caching;
using Afterimage.Configuration;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Matching.Learning;
using Afterimage.Requests;
using Afterimage.Text;
using Afterimage.Vectors;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Afterimage.Tests.Caching;

/// <summary>Nothing crosses from one scope to another: in the keys, in the store, and in what the index and the matcher find.</summary>
public sealed class ScopeProperties
{
    private static readonly string[] Prompts = ["a red fox", "A red fox!", "a red fox in the snow", "a blue boat", "A blue boat."];
    private static readonly string[] Scopes = ["", "a", "b", "aa", "A"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void Requests_of_different_scopes_share_neither_key_nor_partition() => Prop.ForAll<NonNull<string>, NonNull<string>, NonNull<string>>((prompt, one, other) =>
    {
        ImageRequest a = Request(prompt.Get, one.Get), b = a.InScope(other.Get);
        bool same = one.Get == other.Get;
        ImageRequest va = a.AsVariant(1 + (prompt.Get.Length % 16), Seed.Named(3)), vb = b.AsVariant(va.Variant, Seed.Named(4));
        return (a.ExactKey == b.ExactKey) == same && (a.PartitionKey(ResolutionBuckets.Nine) == b.PartitionKey(ResolutionBuckets.Nine)) == same
            && (va.ExactKey == vb.ExactKey) == same && va.ExactKey != a.ExactKey && va.PartitionKey(ResolutionBuckets.Exact) == a.PartitionKey(ResolutionBuckets.Exact);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Whatever_was_stored_and_removed_before_a_lookup_finds_pictures_of_its_own_scope_only()
    {
        var operations = Gen.Choose(0, 9_999).ListOf();
        Prop.ForAll(operations.ToArbitrary(), list => RunAsync([.. list]).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    private static ImageRequest Request(string prompt, string scope) => new() { Dialect = "pollinations", Prompt = prompt, Seed = Seed.Defaulted(42), Model = "flux", Width = 64, Height = 64, Scope = scope };

    private static async Task RunAsync(IReadOnlyList<int> operations)
    {
        using var folder = new TemporaryFolder();
        var options = new GatewayOptions { Data = folder.Path, Store = new StoreOptions { Flush = false, FreeDiskBytesMin = 0 } };
        await using IEntryStore store = Composition.OpenStore(options, TimeProvider.System);
        ITextEmbedder embedder = Composition.CreateEmbedder(options);
        await using IVectorIndex index = Composition.OpenIndex(options, embedder.Space, new Stack<IAsyncDisposable>());
        CalibrationLearner learner = Composition.OpenLearner(options, TimeProvider.System);
        var tier = new SemanticTier(
            embedder, index, Composition.CreatePolicy(options.Semantic, embedder.Space), store, learner, Composition.TierOptions(options.Semantic, ResolutionBuckets.Exact), TimeProvider.System);
        var stored = new HashSet<Hash256>();
        foreach (int operation in operations)
        {
            ImageRequest request = Request(Prompts[operation % 5], Scopes[operation / 5 % 5]);
            byte[] body = BitConverter.GetBytes(operation);
            if (operation / 25 % 4 == 0)
            {
                await store.DeleteAsync(request.ExactKey, Stop);
                await index.RemoveAsync([request.ExactKey], Stop);
                stored.Remove(request.ExactKey);
            }
            else
            {
                EntryHeader header = new()
                {
                    Id = Diagnostics.Ulid.New(DateTimeOffset.UtcNow),
                    Request = request,
                    Key = request.ExactKey,
                    Created = DateTimeOffset.UtcNow,
                    ContentType = "image/png",
                    ContentHash = Hash256.Of(body),
                    Length = body.Length,
                    ResponseHeaders = [],
                };
                await store.PutAsync(header, body, Stop);
                await index.AddAsync([(await tier.RecordOfAsync(header, null, Stop))!.Value], Stop);
                stored.Add(request.ExactKey);
            }

            foreach (string scope in Scopes)
            {
                foreach (string prompt in Prompts)
                {
                    ImageRequest asked = Request(prompt, scope);
                    EntryHeader? exact = await store.PeekAsync(asked.ExactKey, Stop);
                    Assert.Equal(stored.Contains(asked.ExactKey), exact is not null);
                    Assert.True(exact is null || exact.Request.Scope == scope);
                    SemanticLookup found = await tier.FindAsync(asked, SeedRule.Strict, null, Stop);
                    Assert.True(found.Best is null || found.Best.Entry.Request.Scope == scope);
                    Assert.True(found.Likeliest is null || found.Likeliest.Entry.Request.Scope == scope);
                    Assert.True(!stored.Contains(asked.ExactKey) || found.Outcome == SemanticOutcome.Reuse);
                }
            }
        }
    }
}
