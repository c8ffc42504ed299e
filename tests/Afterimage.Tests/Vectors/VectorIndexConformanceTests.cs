using Afterimage.Tests.Conformance;
using Afterimage.Vectors;

namespace Afterimage.Tests.Vectors;

public sealed class VectorIndexConformanceTests : VectorIndexConformance, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    protected override int Rounds => 400;

    protected override ValueTask<IVectorIndex> OpenAsync(string spaceId, int dimensions) => ValueTask.FromResult<IVectorIndex>(
        VectorIndex.Open(new VectorIndexOptions { Folder = _folder.Path, SpaceId = spaceId, Dimensions = dimensions }));

    public void Dispose() => _folder.Dispose();
}
