using System.Net;
using Afterimage.Tests.Cloud.Cloudflare;
using Afterimage.Tests.Cloud.S3;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>The configuration of docs/scaling.md for R2, Vectorize and Workers AI, as it stands there, with the account's names filled in and the addresses of stand-ins.</summary>
public sealed class CloudflareSetupTests
{
    [Fact]
    public async Task The_documented_configuration_caches_with_R2_Vectorize_and_Workers_AI()
    {
        string folder = Directory.CreateTempSubdirectory("afterimage-cloudflare-").FullName;
        try
        {
            await using S3RverServer bucket = await S3RverServer.StartAsync(Path.Combine(folder, "bucket"));
            await using CloudflareStandIn account = await CloudflareStandIn.StartAsync();
            await using TestOrigin origin = await TestOrigin.StartAsync();
            string config = Path.Combine(folder, "afterimage.jsonc");
            await File.WriteAllTextAsync(config, Documented().Replace("ACCOUNT", CloudflareStandIn.AccountId, StringComparison.Ordinal).Replace("TOKEN", CloudflareStandIn.Token, StringComparison.Ordinal));
            await using ProgramProcess program = ProgramProcess.Start(
                Cluster.Credentials,
                "serve", "--config", config, "--listen", "http://127.0.0.1:0", "--data", Path.Combine(folder, "data"), "--origin", origin.Address.ToString(), "--Store:FreeDiskBytesMin", "0",
                "--Store:S3:ServiceUrl", bucket.Url, "--Index:Vectorize:ApiBase", account.ApiBase.ToString(), "--Embedding:Url", account.ApiBase.ToString());
            using var client = new HttpClient { BaseAddress = await program.Address };

            async Task<Answer> GetAsync(string prompt)
            {
                using HttpResponseMessage response = await client.GetAsync($"/prompt/{Uri.EscapeDataString(prompt)}?width=64&height=64");
                return await Answer.OfAsync(response);
            }

            Answer drawn = await GetAsync("a red fox");
            Assert.Equal((HttpStatusCode.OK, "MISS"), (drawn.Status, drawn.Cache));
            await Cluster.UntilAsync(async () => (await GetAsync("a red fox")).Cache == "HIT exact");
            await Cluster.UntilAsync(() => Task.FromResult(account.Calls.Any(c => c.EndsWith("/upsert", StringComparison.Ordinal))));
            Answer reused = await GetAsync("a picture of a red fox");
            Assert.Equal("HIT semantic", reused.Cache);
            Assert.Contains(account.Calls, c => c.StartsWith("POST ai/run/", StringComparison.Ordinal));
            Assert.Contains(account.Calls, c => c.EndsWith("/query", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The first indented block below the heading "Cloudflare".
    private static string Documented()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "scaling.md"));
        string[] block = [.. lines.SkipWhile(l => l != "## Cloudflare").SkipWhile(l => !l.StartsWith("    {", StringComparison.Ordinal)).TakeWhile(l => l.StartsWith("    ", StringComparison.Ordinal))];
        Assert.InRange(block.Length, 3, 10);
        return string.Join('\n', block);
    }
}
