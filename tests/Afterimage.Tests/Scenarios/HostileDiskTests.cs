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
        disk.Fill();
        for (int i = 2; i < 10; i++)
        {
            Assert.Equal("MISS", await AskTwiceAsync(gateway, i));
        }

        Assert.Equal("HIT exact", (await gateway.GetAsync(Picture(1))).Cache);
        Assert.Contains("no room", await ReadyAsync(gateway));
        disk.Free();
        Assert.Equal("HIT exact", await AskTwiceAsync(gateway, 20));
        Assert.DoesNotContain("no room", await ReadyAsync(gateway));
        Assert.Empty(Directory.EnumerateFiles(disk.Path, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_full_disk_is_said_to_the_operator()
    {
        using var disk = SmallDisk.Mount(megabytes: 256);
        await using TestOrigin origin = await TestOrigin.StartAsync();
        await using ProgramProcess program = ProgramProcess.Start(
            "serve", "--origin", origin.Address.ToString(), "--listen", "http://127.0.0.1:0", "--data", Path.Combine(disk.Path, "data"), "--Store:FreeDiskBytesMin", "0", "--Store:MemoryBytesMax", "0");
        using var client = new HttpClient { BaseAddress = await program.Address, Timeout = ProgramProcess.Hang };
        disk.Fill();
        for (int i = 0; i < 5; i++)
        {
            await client.GetByteArrayAsync(Picture(i));
        }

        program.Terminate();
        Assert.Equal(0, await program.ExitAsync());
        Assert.Single(program.Lines, line => line.Contains("pictures are not stored"));
    }

    [Fact]
    public async Task A_data_folder_on_a_read_only_disk_is_refused_by_what_it_is()
    {
        using var disk = SmallDisk.Mount(megabytes: 1);
        string data = Directory.CreateDirectory(Path.Combine(disk.Path, "data")).FullName;
        Assert.True(disk.TryMakeReadOnly());
        await using ProgramProcess program = ProgramProcess.Start("serve", "--origin", "http://127.0.0.1:9", "--listen", "http://127.0.0.1:0", "--data", data);

        Assert.Equal(1, await program.ExitAsync());
        Assert.Contains(program.Lines, line => line.Contains($"Nothing can be written into the data folder {data}"));
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

    private static async Task<string> ReadyAsync(TestGateway gateway) => (await gateway.GetAsync("/_afterimage/health/ready")).Text;

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
}
