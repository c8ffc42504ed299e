using Afterimage.Vectors;

namespace Afterimage.Tests.Conformance;

/// <summary>The oracle keeps the promises too.</summary>
public sealed class ScanIndexTests : VectorIndexConformance
{
    protected override float Tolerance => 1e-5f;

    protected override ValueTask<IVectorIndex> OpenAsync(string spaceId, int dimensions) =>
        ValueTask.FromResult<IVectorIndex>(new ScanIndex(spaceId, dimensions));
}
