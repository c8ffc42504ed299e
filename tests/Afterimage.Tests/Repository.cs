using Xunit;

namespace Afterimage.Tests;

/// <summary>Where the checkout and the shared data are.</summary>
internal static class Repository
{
    /// <summary>The folder that holds <c>Afterimage.slnx</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file of <c>../shared/data</c>; skips the calling test, visibly, where it is absent.</summary>
    public static string SharedData(string relative)
    {
        string path = Path.GetFullPath(Path.Combine(Root, "..", "shared", "data", relative));
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path), $"../shared/data/{relative} is not here");
        return path;
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Afterimage.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"no Afterimage.slnx above {AppContext.BaseDirectory}");
    }
}
