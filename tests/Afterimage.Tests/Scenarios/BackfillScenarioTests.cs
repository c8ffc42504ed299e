using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Afterimage.Backfill.Keys;
using Afterimage.Images;
using Afterimage.Tests.Images;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>A running gateway adopts images and serves them without a restart.</summary>
public sealed class BackfillScenarioTests
{
    private const string Target = "/prompt/a%20red%20fox%20in%20the%20snow?width=4&height=4&seed=7";

    [Fact]
    public async Task Adopted_images_are_hits_at_once_and_misses_after_a_rollback()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        string images = MakeImages(out byte[] picture);
        try
        {
            await PostAsync(gateway, new { action = "run", source = images, inPlace = true });
            JsonElement status = await WaitAsync(gateway);
            Assert.Equal(1, status.GetProperty("jobs")[0].GetProperty("progress").GetProperty("adopted").GetInt64());

            Answer exact = await gateway.GetAsync(Target);
            Assert.Equal(("HIT", "exact"), (exact["X-Cache"], exact["X-Cache-Type"]));
            Assert.Equal(picture, exact.Body);
            Answer semantic = await gateway.GetAsync("/prompt/A%20red%20fox%20in%20the%20snow!?width=4&height=4");
            Assert.Equal(("HIT", "semantic"), (semantic["X-Cache"], semantic["X-Cache-Type"]));
            Assert.Empty(ImageMetadata.Read(semantic.Body).Texts);

            string batch = status.GetProperty("jobs")[0].GetProperty("job").GetProperty("batch").GetString()!;
            JsonElement removed = await PostAsync(gateway, new { action = "rollback", batch, dryRun = false });
            Assert.Equal((1, 1), (removed.GetProperty("entries").GetInt32(), removed.GetProperty("vectors").GetInt32()));
            Assert.Equal("MISS", (await gateway.GetAsync(Target))["X-Cache"]);
        }
        finally
        {
            Directory.Delete(images, recursive: true);
        }
    }

    [Fact]
    public async Task The_command_talks_to_the_gateway_that_holds_the_data_folder()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        string images = MakeImages(out _);
        try
        {
            Assert.Equal(0, await RunAsync("backfill", "run", images, "--in-place", "--data", gateway.Data, "--url", gateway.Host.Addresses[0]));
            Assert.Equal("HIT", (await gateway.GetAsync(Target))["X-Cache"]);
            Assert.Equal(0, await RunAsync("backfill", "status", "--data", gateway.Data));
        }
        finally
        {
            Directory.Delete(images, recursive: true);
        }
    }

    [Fact]
    public async Task A_running_job_is_in_the_metrics_by_bucket_and_leaves_them_with_its_end()
    {
        // A size that no other test has: the instruments are the process's.
        const string Gauge = "afterimage_backfill_bucket_images{bucket=\"7x5\",outcome=\"adopted\"}";
        const string Total = "afterimage_backfill_job_total 2000\n";
        await using TestGateway gateway = await TestGateway.StartAsync();
        string images = Directory.CreateTempSubdirectory("afterimage-adopt-").FullName;
        try
        {
            for (int i = 0; i < 2000; i++)
            {
                File.WriteAllBytes(Path.Combine(images, $"{i}.png"), ImageFixtures.SmallPng(7, 5, ImageFixtures.Text("parameters", $"a fox in field {i}\nSteps: 1, Seed: {i}")));
            }

            await PostAsync(gateway, new { action = "run", source = images, inPlace = true });
            string metrics;
            do
            {
                await Task.Delay(10);
                metrics = await gateway.Client.GetStringAsync("/_afterimage/metrics");
            }
            while (!metrics.Contains(Gauge, StringComparison.Ordinal) || !metrics.Contains(Total, StringComparison.Ordinal));

            Assert.Contains("afterimage_backfill_job_left_seconds ", metrics, StringComparison.Ordinal);
            await PostAsync(gateway, new { action = "cancel" });
            Assert.DoesNotContain(Gauge, await gateway.Client.GetStringAsync("/_afterimage/metrics"), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(images, recursive: true);
        }
    }

    [Fact]
    public async Task Orders_that_make_no_sense_are_refused()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        foreach (object order in (object[])[new { action = "dance" }, new { action = "run", source = "/no/such/folder" }, new { action = "rollback" }])
        {
            using HttpResponseMessage response = await gateway.Client.PostAsJsonAsync("/_afterimage/backfill", order);
            Assert.Equal(400, (int)response.StatusCode);
        }
    }

    private static string MakeImages(out byte[] picture)
    {
        string folder = Directory.CreateTempSubdirectory("afterimage-adopt-").FullName;
        picture = ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("parameters", "somebody else's secret"));
        File.WriteAllBytes(Path.Combine(folder, EarlierKeyScheme.KeyOf(Target, EarlierKeyScheme.Version)), picture);
        return folder;
    }

    private static async Task<JsonElement> PostAsync(TestGateway gateway, object order)
    {
        using HttpResponseMessage response = await gateway.Client.PostAsJsonAsync("/_afterimage/backfill", order);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<JsonElement> WaitAsync(TestGateway gateway)
    {
        while (true)
        {
            var status = await gateway.Client.GetFromJsonAsync<JsonElement>("/_afterimage/backfill");
            if (!status.GetProperty("running").GetBoolean())
            {
                return status;
            }

            await Task.Delay(10);
        }
    }

    private static async Task<int> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "afterimage.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
