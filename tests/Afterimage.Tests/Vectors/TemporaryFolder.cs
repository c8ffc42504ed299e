namespace Afterimage.Tests.Vectors;

/// <summary>A folder of a test's own, gone afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("afterimage-vectors-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
