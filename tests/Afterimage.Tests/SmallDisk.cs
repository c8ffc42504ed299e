using System.Diagnostics;
using Xunit;

namespace Afterimage.Tests;

/// <summary>A disk to fill: a tmpfs of its own, which only root may mount. Skips the test where none can be had.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int PageBytes = 4096;

    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    private string Ballast => System.IO.Path.Combine(Path, "ballast");

    public static SmallDisk Mount(int megabytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "only root can mount a disk to fill");
        string path = Directory.CreateTempSubdirectory("afterimage-disk-").FullName;
        bool mounted = Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", path);
        if (!mounted)
        {
            Directory.Delete(path);
        }

        Assert.SkipUnless(mounted, "no file system can be mounted here");
        return new SmallDisk(path);
    }

    /// <summary>Takes all space but a few pages of 4 KB.</summary>
    public void Fill(int pagesLeft = 0)
    {
        using FileStream file = new(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, 1);
        try
        {
            byte[] page = new byte[PageBytes];
            while (true)
            {
                file.Write(page);
            }
        }
        catch (IOException)
        {
            file.SetLength(file.Length - (pagesLeft * PageBytes));
        }
    }

    /// <summary>Gives the space back that <see cref="Fill"/> took.</summary>
    public void Free() => File.Delete(Ballast);

    // Fails while a file is open for writing, as logs of the index are; then the disk cannot turn read-only this way.
    public bool TryMakeReadOnly() => Run("mount", "-o", "remount,ro", Path);

    public void MakeWritable() => Run("mount", "-o", "remount,rw", Path);

    public void Dispose()
    {
        Run("umount", "-l", Path);
        Directory.Delete(Path);
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
