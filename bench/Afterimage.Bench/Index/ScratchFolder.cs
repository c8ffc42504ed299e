namespace Afterimage.Bench.Index;

/// <summary>A folder that is gone afterwards.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("afterimage-bench-index-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
