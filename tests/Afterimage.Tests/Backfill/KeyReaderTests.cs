using Afterimage.Backfill.Keys;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Afterimage.Tests.Backfill;

public sealed class KeyReaderTests
{
    private static readonly HashSet<string> LeftOut = ["nofeed", "no-cache", "token", "referrer", "referer"];

    [Fact]
    public void Keys_are_made_exactly_as_the_earlier_cache_made_them()
    {
        foreach (string[] row in Rows("keys/golden.tsv"))
        {
            string path = new Uri(row[0]).GetComponents(UriComponents.PathAndQuery, UriFormat.UriEscaped);
            path = row[0]["https://image.pollinations.ai".Length..];
            Assert.Equal(row[1], EarlierKeyScheme.KeyOf(path, EarlierKeyScheme.Version));
            Assert.Equal(row[2], EarlierKeyScheme.KeyOf(path, null));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Golden_keys_give_back_their_request(int column)
    {
        int truncated = 0;
        var wrong = new List<string>();
        foreach (string[] row in Rows("keys/golden.tsv"))
        {
            KeyReading reading = KeyReader.Read(row[column]);
            (string prompt, Dictionary<string, string> parameters) = Expected(row[0]);
            if (reading.Truncated)
            {
                truncated++;
                Assert.True(row[column].Length >= 1000 && reading.Prompt is null, row[column]);
            }
            else if (reading.Prompt != prompt || !parameters.OrderBy(p => p.Key, StringComparer.Ordinal).SequenceEqual(reading.Parameters.OrderBy(p => p.Key, StringComparer.Ordinal)))
            {
                wrong.Add(row[column]);
            }
        }

        Assert.Empty(wrong);
        Assert.InRange(truncated, 1, 10);
    }

    [Fact]
    public void Real_keys_give_back_their_request()
    {
        string[] keys = File.ReadAllLines(Repository.SharedData("keys/real.txt"));
        List<string[]> parsed = Rows("keys/real-parsed.tsv");
        string[] names = ["model", "width", "height", "seed", "nologo", "enhance", "image", "negative_prompt", "token", "referrer"];
        foreach (string[] row in parsed)
        {
            KeyReading reading = KeyReader.Read(keys.Single(k => k.EndsWith("-" + row[0], StringComparison.Ordinal)));
            Assert.Equal(row[1], reading.Prompt);
            for (int i = 0; i < names.Length; i++)
            {
                string? value = reading.Parameters.SingleOrDefault(p => p.Key == names[i]).Value;
                Assert.Equal(row[i + 2].Replace('+', ' '), value ?? "");
            }
        }
    }

    [Theory]
    [InlineData("/prompt/snake_case_prompt_seed_42?model=turbo&seed=-1&height=512", "snake_case_prompt_seed_42")]
    [InlineData("/prompt/a_width_300_b?negative_prompt=no_width_100_x&width=5", "a_width_300_b")]
    [InlineData("/prompt/r/weird/core?seed=3", "r/weird/core")]
    [InlineData("/prompt/one/two_three/four_five?seed=3", "one/two_three/four_five")]
    [InlineData("/prompt/a=b&c?seed=3", "a=b&c")]
    [InlineData("/prompt/cat?zeta_param=some_value&alpha=1", "cat")]
    [InlineData("/prompt/cat?nologo&seed=", "cat")]
    [InlineData("/prompt/100%25%20%5Ftrue?my-flag=a%20b%26c%3Dd", "100% _true")]
    [InlineData("/prompt/%E7%81%AF%E5%8F%B0%20%F0%9F%8C%8A", "灯台 🌊")]
    public void Ambiguous_keys_are_settled_by_their_hash(string path, string prompt)
    {
        KeyReading reading = KeyReader.Read(EarlierKeyScheme.KeyOf(path, EarlierKeyScheme.Version));

        Assert.Equal((prompt, KeyStrategy.HashedKey), (reading.Prompt, reading.Strategy));
        (_, Dictionary<string, string> parameters) = Expected("https://image.pollinations.ai" + path);
        Assert.Equal(parameters.OrderBy(p => p.Key, StringComparer.Ordinal), reading.Parameters.OrderBy(p => p.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void A_request_is_found_again_from_its_key_or_not_at_all()
    {
        Gen<string> word = Gen.Elements("cat", "seed", "width", "a_b", "red%20fox", "x/y", "42", "model", "_", "%E7%81%AF", "height_3");
        Gen<string> name = Gen.Elements("width", "height", "seed", "model", "negative_prompt", "foo", "my_name", "image");
        Gen<string> path = from words in word.ListOf(4)
                           from names in name.ListOf(3)
                           from values in word.ListOf(3)
                           select "/prompt/" + string.Join('_', words.Append("end")) + "?" + string.Join('&', names.Distinct().Zip(values, (n, v) => $"{n}={v}"));
        int known = 0, all = 0;
        Prop.ForAll(path.ToArbitrary(), target =>
        {
            KeyReading reading = KeyReader.Read(EarlierKeyScheme.KeyOf(target, null));
            all++;
            known += reading.Prompt is null ? 0 : 1;
            return reading.Prompt is null || reading.Prompt == Expected("https://image.pollinations.ai" + target).Prompt;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
        Assert.True(known > all * 0.75, $"{known} of {all}");
    }

    [Fact]
    public void A_cut_off_key_is_recognised_and_not_guessed()
    {
        string path = "/prompt/" + string.Concat(Enumerable.Repeat("long%20prompt%20", 90)) + "?seed=4";
        KeyReading reading = KeyReader.Read(EarlierKeyScheme.KeyOf(path, EarlierKeyScheme.Version));

        Assert.Equal((true, null, KeyStrategy.TruncatedKey), (reading.Truncated, reading.Prompt, reading.Strategy));
        Assert.Empty(reading.Parameters);
    }

    [Fact]
    public void A_key_of_the_full_length_that_was_not_cut_is_read()
    {
        string path = "/prompt/" + new string('a', 1000 - 8 - 9);
        string key = EarlierKeyScheme.KeyOf(path, null);

        Assert.Equal(path[8..], KeyReader.Read(key).Prompt);
    }

    [Theory]
    [InlineData("https://image.pollinations.ai/prompt/a%20cat?width=512&seed=0", "a cat")]
    [InlineData("prompt/a%20cat?width=512&seed=0", "a cat")]
    [InlineData("/prompt/a%20cat?width=512&seed=0", "a cat")]
    public void Urls_are_keys_too(string key, string prompt)
    {
        KeyReading reading = KeyReader.Read(key);

        Assert.Equal((prompt, KeyStrategy.Url), (reading.Prompt, reading.Strategy));
        Assert.Equal([new("width", "512"), new("seed", "0")], reading.Parameters);
    }

    [Theory]
    [InlineData("")]
    [InlineData("_prompt_a%20cat-00000000")]
    [InlineData("_prompt_a%20cat-1234abcd")]
    [InlineData("IMG_2034.jpg")]
    [InlineData("../../etc/passwd")]
    [InlineData("_prompt_-")]
    [InlineData("_prompt_-0")]
    public void What_is_no_key_or_does_not_fit_its_hash_is_not_guessed(string key) => Assert.Null(KeyReader.Read(key).Prompt);

    [Theory]
    [InlineData("_a")]
    [InlineData("_seed")]
    [InlineData("__")]
    [InlineData("_width_1")]
    public void Hostile_keys_come_to_an_end_and_are_not_guessed(string part)
    {
        string key = "_prompt_" + string.Concat(Enumerable.Repeat(part, 4000));
        Assert.Equal(KeyReading.Unknown, KeyReader.Read(key[..7000] + "-7fffffff"));
        Assert.Null(KeyReader.Read(key[..900] + "-7fffffff").Prompt);
        Assert.True(KeyReader.Read(key[..990] + "-7fffffff").Truncated);
    }

    private static List<string[]> Rows(string file) => [.. File.ReadAllLines(Repository.SharedData(file)).Skip(1).Select(l => l.Split('\t'))];

    private static (string Prompt, Dictionary<string, string> Parameters) Expected(string url)
    {
        string path = url["https://image.pollinations.ai/prompt/".Length..];
        string[] halves = path.Split('?', 2);
        var parameters = new Dictionary<string, string>();
        foreach (string pair in halves.Length < 2 ? [] : halves[1].Split('&'))
        {
            string[] parts = pair.Split('=', 2);
            parameters.TryAdd(Uri.UnescapeDataString(parts[0]), parts.Length < 2 ? "" : Uri.UnescapeDataString(parts[1].Replace('+', ' ')));
        }

        if (parameters.GetValueOrDefault("model") == "gptimage")
        {
            parameters["seed"] = "42";
        }

        return (Uri.UnescapeDataString(halves[0]), parameters.Where(p => !LeftOut.Contains(p.Key)).ToDictionary());
    }
}
