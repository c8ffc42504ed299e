using Afterimage.Cloud;
using Afterimage.Cloud.Postgres;
using Afterimage.Tests.Conformance;
using Afterimage.Vectors;

namespace Afterimage.Tests.Cloud.Postgres;

/// <summary>PostgreSQL behind the hot tier keeps the promises of every index; partitions go into memory at their first search.</summary>
public sealed class TieredConformanceTests(PostgresFixture postgres) : VectorIndexConformance, IAsyncDisposable
{
    private readonly Lazy<Task<PostgresDatabase>> _database = new(async () => new PostgresDatabase(await postgres.OptionsAsync()));
    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-hot-").FullName;

    protected override int Rounds => 15;

    protected override async ValueTask<IVectorIndex> OpenAsync(string spaceId, int dimensions)
    {
        var remote = new PostgresVectorIndex(await _database.Value, spaceId, dimensions);
        return new TieredVectorIndex(remote, remote, () => ScratchVectorIndex.Open(_folder, spaceId, dimensions), new HotTierOptions { LoadAfterSearches = 1 });
    }

    public async ValueTask DisposeAsync()
    {
        if (_database.IsValueCreated)
        {
            await (await _database.Value).DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
