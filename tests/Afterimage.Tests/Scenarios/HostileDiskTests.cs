using System.Diagnostics;
using System.Net;
using Afterimage.Tests.Entries;
using Afterimage.Tests.Images;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>A full disk, a disk that turns read-only, clocks that jump, pictures made to hurt: a running gateway answers what the origin can answer.</summary>
public sealed class HostileDiskTests
{
    private static string Picture(int number) => $"/prompt/picture%20number%20{number}?width=64&height=64&seed={number}";

    [Fact]
    public async Task A_really_full_disk_costs_only_the_storing_and_heals()
    {
        using var disk = SmallDisk.Mount(megabytes: 256);
        await using TestGateway gateway = await TestGateway.StartAsync(await TestOrigin.StartAsync(), Path.Combine(disk.Path, "data"), keepData: false, ("Store:MemoryBytesMax", "0"));
        Assert.Equal("HIT exact", await AskTwiceAsync(gateway, 1));
        string ballast = Path.Combine(disk.Path, "ballast");
        Fill(ballast);
        for (int i = 2; i < 10; i++)
        {
            Assert.Equal("MISS", await AskTwiceAsync(gateway, i));
        }

        Assert.Equal("HIT exact", (await gateway.GetAsync(Picture(1))).Cache);
        File.Delete(ballast);
        Assert.Equal("HIT exact", await AskTwiceAsync(gateway, 20));
        Assert.Empty(Directory.EnumerateFiles(disk.Path, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_disk_that_turns_read_only_still_serves_what_it_has()
    {
        using var disk = SmallDisk.Mount(megabytes: 256);
        string data = Path.Combine(disk.Path, "data");
        await using TestOrigin origin = await TestOrigin.StartAsync();
        await using (TestGateway gateway = await TestGateway.StartAsync(origin, data, keepData: true, ("Store:MemoryBytesMax", "0")))
        {
            Assert.Equal("HIT exact", await AskTwiceAsync(gateway, 1));
            if (disk.TryMakeReadOnly())
            {
                Assert.Equal("MISS", await AskTwiceAsync(gateway, 2));
                Assert.Equal("HIT exact", (await gateway.GetAsync(Picture(1))).Cache);
                disk.MakeWritable();
                Assert.Equal("HIT exact", await AskTwiceAsync(gateway, 3));
            }
        }

        await using TestGateway later = await TestGateway.StartAsync(origin, data, keepData: true);
        await later.Host.ReadyAsync();
        Assert.Equal("HIT exact", (await later.GetAsync(Picture(1))).Cache);
    }

    [Fact]
    public async Task Clocks_that_jump_make_no_negative_age_and_no_error()
    {
        var clock = new ManualClock(TestEntries.Noon);
        await using TestGateway gateway = await TestGateway.StartAsync(clock, ("Store:TtlSeconds", "3600"));
        Assert.Equal("HIT exact", await AskTwiceAsync(gateway, 1));
        clock.Advance(TimeSpan.FromDays(-3650));
        Answer early = await gateway.GetAsync(Picture(1));
        Assert.Equal(("HIT exact", "0"), (early.Cache, early["Age"]));
        Assert.Equal("HIT exact", await AskTwiceAsync(gateway, 2));
        clock.Advance(TimeSpan.FromDays(7300));
        Assert.Equal("MISS", (await gateway.GetAsync(Picture(1))).Cache);
        await gateway.SettleAsync();
        Answer late = await gateway.GetAsync(Picture(1));
        Assert.Equal("HIT exact", late.Cache);
        Assert.InRange(int.Parse(late["Age"]), 0, 1);
    }

    [Fact]
    public async Task A_picture_with_a_bomb_in_its_text_is_served_stripped_within_bounds()
    {
        byte[] bomb = ImageFixtures.Zlib(new byte[200_000_000]);
        byte[] png = ImageFixtures.SmallPng(64, 64, ("zTXt", [.. "parameters"u8, 0, 0, .. bomb]), ("iTXt", [.. "XML:com.adobe.xmp"u8, 0, 1, 0, 0, 0, .. bomb]));
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Origin.Answer = async context =>
        {
            context.Response.ContentType = "image/png";
            await context.Response.Body.WriteAsync(png);
        };
        await gateway.GetAsync("/prompt/a%20red%20fox%20in%20the%20snow?width=64&height=64");
        await gateway.SettleAsync();
        Answer hit = await gateway.GetAsync("/prompt/A%20red%20fox,%20in%20the%20snow.?width=64&height=64");
        Assert.Equal("HIT semantic", hit.Cache);
        Assert.InRange(hit.Body.Length, 1, 2000);
    }

    private static async Task<string> AskTwiceAsync(TestGateway gateway, int number)
    {
        Answer first = await gateway.GetAsync(Picture(number));
        Assert.Equal(HttpStatusCode.OK, first.Status);
        await gateway.SettleAsync();
        Answer second = await gateway.GetAsync(Picture(number));
        Assert.Equal(HttpStatusCode.OK, second.Status);
        await gateway.SettleAsync();
        return second.Cache;
    }

    private static void Fill(string path)
    {
        try
        {
            using FileStream file = File.Create(path, 1);
            byte[] block = new byte[4096];
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full, which was wanted.
        }
    }

    /// <summary>A tmpfs of its own; only root may mount one.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private SmallDisk(string path) => Path = path;

        public string Path { get; }

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
}
