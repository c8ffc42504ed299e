using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Images;
using Afterimage.Requests;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>The real program, as a process, under real requests: tiers, headers and bytes against what the rules say.</summary>
public sealed class EndToEndTests
{
    private static readonly PollinationsDialect Dialect = new(new PollinationsOptions());

    [Fact]
    public async Task The_repositorys_own_slice_is_answered_by_the_rules() =>
        await PlayAsync(File.ReadLines(Path.Combine(Repository.Root, "tests", "Afterimage.Tests", "Scenarios", "Fixtures", "urls.txt")));

    [Fact]
    public async Task Urls_found_in_public_code_are_answered_by_the_rules()
    {
        IEnumerable<string> targets = File.ReadLines(Repository.SharedData("traces/public-urls.tsv")).Skip(1).Select(line => line.Split('\t')[0])
            .Where(url => url.Contains("://", StringComparison.Ordinal)).Select(url => url[url.IndexOf('/', url.IndexOf("://", StringComparison.Ordinal) + 3)..])
            .Where(target => target.All(char.IsAscii) && !target.Contains(' ') && !target.Contains('"'));
        await PlayAsync(targets);
    }

    [Fact]
    public async Task A_slice_of_a_real_request_log_is_answered_by_the_rules()
    {
        string path = Repository.SharedData("traces/requests.tsv.gz");
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        reader.ReadLine();
        var targets = new List<string>();
        while (targets.Count < 400 && reader.ReadLine() is { } line)
        {
            string[] row = line.Split('\t');
            string seed = targets.Count % 3 == 0 && row[8].Length > 0 ? "&seed=" + row[8] : "";
            targets.Add($"/prompt/{Uri.EscapeDataString(row[9])}?width=64&height=64{seed}");
        }

        await PlayAsync(targets.Concat(targets.Take(50)));
    }

    [Fact]
    public async Task After_kill_9_everything_that_was_stored_is_served_again()
    {
        await using TestOrigin origin = await TestOrigin.StartAsync();
        string data = Directory.CreateTempSubdirectory("afterimage-test-").FullName;
        string[] targets = [.. Enumerable.Range(0, 40).Select(i => $"/prompt/picture%20number%20{i}?width=64&height=64")];
        var bodies = new Dictionary<string, byte[]>();
        await using (ProgramProcess program = Start(origin, data))
        {
            using var client = new HttpClient { BaseAddress = await program.Address };
            foreach (string target in targets)
            {
                bodies[target] = await client.GetByteArrayAsync(target);
            }

            // A hit may come from a picture that is still being written; what is promised is what is in the store.
            await CoalescingTests.UntilAsync(() => Directory.EnumerateFiles(Path.Combine(data, "entries"), "*.entry", SearchOption.AllDirectories).Count() == targets.Length);
            foreach (string target in targets)
            {
                Assert.Equal("HIT", (await client.GetAsync(target)).Headers.GetValues("X-Cache").Single());
            }

            program.Kill();
            await program.ExitAsync();
        }

        await using (ProgramProcess program = Start(origin, data))
        {
            using var client = new HttpClient { BaseAddress = await program.Address };
            foreach (string target in targets)
            {
                using HttpResponseMessage response = await client.GetAsync(target);
                Assert.Equal("HIT", response.Headers.GetValues("X-Cache").Single());
                Assert.Equal(bodies[target], await response.Content.ReadAsByteArrayAsync());
            }
        }

        Assert.Equal(targets.Length, origin.Calls);
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task Sigterm_finishes_what_is_under_way_and_ends_with_zero()
    {
        await using TestOrigin origin = await TestOrigin.StartAsync();
        string data = Directory.CreateTempSubdirectory("afterimage-test-").FullName;
        var gate = new TaskCompletionSource();
        origin.Gate = gate.Task;
        await using (ProgramProcess program = Start(origin, data))
        {
            using var client = new HttpClient { BaseAddress = await program.Address };
            Task<HttpResponseMessage> waiting = client.GetAsync("/prompt/a%20slow%20picture?width=64&height=64");
            await CoalescingTests.UntilAsync(() => origin.Calls == 1);
            program.Terminate();
            gate.SetResult();
            Assert.Equal(HttpStatusCode.OK, (await waiting).StatusCode);
            Assert.Equal(0, await program.ExitAsync());
        }

        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task Wrong_settings_end_the_program_with_two_and_every_mistake()
    {
        await using ProgramProcess program = ProgramProcess.Start("serve", "--Semantic:Mode", "maybe", "--Stor:BytesMax", "1");
        Assert.Equal(2, await program.ExitAsync());
        string said = string.Join('\n', program.Lines);
        Assert.Contains("Semantic:Mode: 'maybe' is not one of off, shadow, on", said);
        Assert.Contains("Stor: no such setting; did you mean Store?", said);
        Assert.Contains("Origin:Url: is missing", said);
    }

    [Fact]
    public async Task Unknown_commands_are_wrong_usage()
    {
        await using ProgramProcess program = ProgramProcess.Start("sevre");
        Assert.Equal(2, await program.ExitAsync());
    }

    private static ProgramProcess Start(TestOrigin origin, string data) =>
        ProgramProcess.Start("serve", "--origin", origin.Address.ToString(), "--listen", "http://127.0.0.1:0", "--data", data, "--Store:FreeDiskBytesMin", "0");

    /// <summary>Plays targets one after the other and checks each answer against an independent account of what was drawn before.</summary>
    private static async Task PlayAsync(IEnumerable<string> targets)
    {
        await using TestOrigin origin = await TestOrigin.StartAsync();
        string data = Directory.CreateTempSubdirectory("afterimage-test-").FullName;
        await using (ProgramProcess program = Start(origin, data))
        {
            using var client = new HttpClient { BaseAddress = await program.Address };
            var drawn = new ConcurrentDictionary<Hash256, (byte[] Body, ImageRequest Request)>();
            var tally = new SortedDictionary<string, int>();
            foreach (string target in targets)
            {
                int before = origin.Calls;
                var uri = new Uri(client.BaseAddress!.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
                using HttpResponseMessage response = await client.GetAsync(uri);
                Answer answer = await Answer.OfAsync(response);
                Check(target, answer, origin.Calls - before, drawn);
                tally[answer.Cache] = tally.GetValueOrDefault(answer.Cache) + 1;
            }

            Assert.True(tally.Values.Sum() > 0);
            TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", tally.Select(t => $"{t.Key}: {t.Value}")));
        }

        Directory.Delete(data, recursive: true);
    }

    private static void Check(string target, Answer answer, int calls, ConcurrentDictionary<Hash256, (byte[] Body, ImageRequest Request)> drawn)
    {
        DialectReading reading = Dialect.Read(new RequestTarget(target), "");
        if (reading.Request is not { } request)
        {
            Assert.Equal(reading.Bypass is null ? "" : "BYPASS", answer.Cache);
            Assert.Equal(1, calls);
            return;
        }

        switch (answer.Cache)
        {
            case "HIT exact":
                Assert.Equal(drawn[request.ExactKey].Body, answer.Body);
                Assert.Equal(0, calls);
                break;
            case "HIT semantic":
                Assert.False(drawn.ContainsKey(request.ExactKey));
                Assert.Equal(0, calls);
                Assert.InRange(float.Parse(answer["X-Semantic-Similarity"], CultureInfo.InvariantCulture), 0f, 1.001f);

                // Some picture of the same partition, and of the same seed where one is named, without its prompt.
                Hash256 partition = request.PartitionKey(ResolutionBuckets.Exact);
                Assert.Contains(drawn.Values, d => d.Request.PartitionKey(ResolutionBuckets.Exact) == partition
                    && (request.Seed.Kind != SeedKind.Named || d.Request.Seed.Value == request.Seed.Value) && ImageMetadata.Strip(d.Body).Span.SequenceEqual(answer.Body));
                break;
            default:
                Assert.Equal("MISS", answer.Cache);
                Assert.False(drawn.ContainsKey(request.ExactKey));
                Assert.Equal(1, calls);
                if (answer.Status == HttpStatusCode.OK)
                {
                    drawn[request.ExactKey] = (answer.Body, request);
                }

                break;
        }

        Assert.NotEqual("", answer["X-Afterimage-Id"]);
        Assert.StartsWith("afterimage; ", answer["Cache-Status"]);
    }
}
