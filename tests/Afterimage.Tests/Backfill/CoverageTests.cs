using Afterimage.Backfill.Jobs;
using Afterimage.Entries;
using Afterimage.Tests.Images;
using Xunit;

namespace Afterimage.Tests.Backfill;

/// <summary>How much of what operators have is adopted: real and golden keys, object metadata, EXIF, PNG text, and what cannot be known.</summary>
public sealed class CoverageTests
{
    [Fact]
    public async Task Nine_in_ten_of_a_mixed_bucket_are_adopted_and_every_other_one_has_its_reason()
    {
        MemorySource source = MixedBucket(out HashSet<string> hopeless, out int objects);
        await using var fixture = new BackfillFixture();
        BackfillStatus status = await fixture.Service.RunAsync(source, new BackfillOptions(), again: false, null, default);
        BackfillProgress progress = status.Progress;
        List<BackfillFailure> failures = [.. fixture.Service.Failures(status.Job.Batch)];

        Assert.Equal((objects, objects), ((int)progress.Processed, (int)status.Job.Total!));
        Assert.Equal(objects, progress.Adopted + progress.Duplicates + failures.Count);
        Assert.True(progress.Adopted + progress.Duplicates >= 0.9 * objects, $"{progress.Adopted} of {objects}: {string.Join(", ", progress.Reasons)}");
        Assert.Empty(hopeless.Except(failures.Select(f => f.Key)));
        Assert.All(failures, f => Assert.NotEmpty(f.Reason));
        Assert.Equal(failures.Count, progress.Reasons.Values.Sum());
        Assert.Equal(progress.Processed, progress.Buckets.Values.Sum(b => b.Processed));
        Assert.Superset(new HashSet<string> { "exif-json", "hashed-key", "object-metadata", "png-parameters" }, progress.Strategies.Keys.ToHashSet());
    }

    [Fact]
    public async Task A_cut_key_is_adopted_by_its_metadata_and_never_by_a_guess()
    {
        string target = $"/prompt/{new string('x', 1200)}%20fox?seed=3&width=4&height=4";
        string key = Afterimage.Backfill.Keys.EarlierKeyScheme.KeyOf(target, null);
        var source = new MemorySource();
        source.Add(key, ImageFixtures.SmallPng());
        await using var fixture = new BackfillFixture();
        BackfillStatus without = await fixture.Service.RunAsync(source, new BackfillOptions(), again: false, null, default);
        Assert.Equal("key cut off, no other trace of the prompt", Assert.Single(fixture.Service.Failures(without.Job.Batch)).Reason);

        source.Add(key, ImageFixtures.SmallPng(), "https://image.pollinations.ai" + target);
        BackfillStatus with = await fixture.Service.RunAsync(source, new BackfillOptions(), again: true, null, default);
        Assert.Equal(("object-metadata", 1L), (with.Progress.Strategies.Single().Key, with.Progress.Adopted));
        await foreach (EntryHeader entry in fixture.Store.EnumerateAsync(default))
        {
            Assert.Equal(new string('x', 1200) + " fox", entry.Request.Prompt);
        }
    }

    private static MemorySource MixedBucket(out HashSet<string> hopeless, out int objects)
    {
        var source = new MemorySource();
        int count = 0;
        foreach (string line in File.ReadLines(Repository.SharedData("keys/golden.tsv")).Skip(1))
        {
            string[] cells = line.Split('\t');
            Add(cells[1 + (count % 2)], count % 3 == 0 ? cells[0] : null);
        }

        foreach (string key in File.ReadLines(Repository.SharedData("keys/real.txt")).Where(key => key.Length > 0))
        {
            Add("real/" + key, null);
        }

        for (int i = 0; i < 60; i++)
        {
            source.Add($"a1111/{i:00000}.png", ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("parameters", $"a castle with {i} towers\nSteps: 20, Seed: {i}, Size: 4x4, Model: sd15")));
            source.Add($"comfy/{i}.png", BackfillFixture.ComfyPng($"a frog with {i} hats", i));
        }

        source.Add("exif/pollinations.jpg", ImageFixtures.Load("pollinations.jpg"));
        hopeless = ["bad/empty.png", "bad/cut.png", "bad/page.html.png", "bad/silent.png"];
        source.Add("bad/empty.png", []);
        source.Add("bad/cut.png", ImageFixtures.Load("a1111.png")[..200]);
        source.Add("bad/page.html.png", [.. "<!DOCTYPE html>"u8]);
        source.Add("bad/silent.png", ImageFixtures.Load("plain.png"));
        objects = source.Count;
        return source;

        void Add(string key, string? originalUrl) => source.Add(key, ImageFixtures.SmallPng(4, 4, ImageFixtures.Text("n", $"{count++}")), originalUrl);
    }
}
