using Afterimage.Cloud.Postgres;
using Afterimage.Tests.Conformance;
using Afterimage.Vectors;

namespace Afterimage.Tests.Cloud.Postgres;

/// <summary>PostgreSQL keeps the promises of every index, each test in a schema of its own database connection.</summary>
public sealed class PostgresConformanceTests(PostgresFixture postgres) : VectorIndexConformance, IAsyncDisposable
{
    private readonly Lazy<Task<PostgresDatabase>> _database = new(async () => new PostgresDatabase(await postgres.OptionsAsync()));

    protected override float Tolerance => 1e-6f;

    protected override async ValueTask<IVectorIndex> OpenAsync(string spaceId, int dimensions) => new PostgresVectorIndex(await _database.Value, spaceId, dimensions);

    public async ValueTask DisposeAsync()
    {
        // A test that was skipped for want of a server has nothing to close.
        if (_database.IsValueCreated && _database.Value.IsCompletedSuccessfully)
        {
            await (await _database.Value).DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}
