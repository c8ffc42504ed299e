using Afterimage.Caching;
using Afterimage.Configuration;
using Xunit;

namespace Afterimage.Tests.Configuration;

public sealed class ConfigurationTests
{
    [Fact]
    public void Every_mistake_is_listed_at_once_with_its_key_and_what_is_allowed()
    {
        var mistakes = new List<string>();
        GatewayOptions? options = ConfigurationLoader.Load(
            null,
            [
                new("Semantic:Mode", "maybe"), new("Semantic:MaxFalseReuse", "2"), new("Semantic:Moode", "on"), new("Store:BytesMax", "lots"), new("Listen", "here"), new("Routes:0:Path", "prompt"),
            ],
            mistakes);
        Assert.Null(options);
        Assert.Contains("Semantic:Mode: 'maybe' is not one of off, shadow, on", mistakes);
        Assert.Contains("Semantic:MaxFalseReuse: '2' is out of range; allowed is a number from 0.0001 to 0.5", mistakes);
        Assert.Contains("Semantic:Moode: no such setting; did you mean Semantic:Mode?", mistakes);
        Assert.Contains(mistakes, m => m.StartsWith("Store:BytesMax: 'lots' is not a whole number", StringComparison.Ordinal));
        Assert.Contains(mistakes, m => m.StartsWith("Listen: 'here'", StringComparison.Ordinal));
        Assert.Contains(mistakes, m => m.StartsWith("Routes:0:Path: 'prompt'", StringComparison.Ordinal));
        Assert.Contains(mistakes, m => m.StartsWith("Origin:Url: is missing", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_and_values_are_read_in_any_case()
    {
        var mistakes = new List<string>();
        GatewayOptions? options = ConfigurationLoader.Load(null, [new("origin:url", "http://127.0.0.1:1"), new("semantic:mode", "SHADOW"), new("routes:0:path", "/x/**"), new("routes:0:seeds", "any")], mistakes);
        Assert.Empty(mistakes);
        Assert.Equal(SemanticMode.Shadow, options!.Semantic.Mode);
        Assert.Equal(SeedRule.Any, Assert.Single(options.Routes).Seeds);
    }

    [Fact]
    public void Secrets_are_not_repeated_in_messages()
    {
        var mistakes = new List<string>();
        ConfigurationLoader.Load(null, [new("Origin:Url", "http://127.0.0.1:1"), new("Admin:Token:x", "hush")], mistakes);
        Assert.DoesNotContain(mistakes, m => m.Contains("hush", StringComparison.Ordinal));
        Assert.NotEmpty(mistakes);
    }

    [Fact]
    public void The_default_file_is_valid_and_says_the_defaults()
    {
        string path = Path.Combine(Path.GetTempPath(), $"afterimage-{Guid.NewGuid():N}.json");
        File.WriteAllText(path, ConfigurationReference.ToJson());
        try
        {
            var mistakes = new List<string>();
            GatewayOptions? options = ConfigurationLoader.Load(path, [new("Origin:Url", "http://127.0.0.1:1")], mistakes);
            Assert.Empty(mistakes);
            Assert.Equal(new SemanticOptions().MaxFalseReuse, options!.Semantic.MaxFalseReuse);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>With AFTERIMAGE_UPDATE=1 the files are written instead.</summary>
    [Fact]
    public void The_reference_page_and_the_default_file_are_up_to_date()
    {
        foreach ((string file, string text) in new[] { ("docs/configuration.md", ConfigurationReference.ToMarkdown()), ("docs/afterimage.default.jsonc", ConfigurationReference.ToJson()) })
        {
            string path = Path.Combine(Repository.Root, file);
            if (Environment.GetEnvironmentVariable("AFTERIMAGE_UPDATE") == "1")
            {
                File.WriteAllText(path, text);
            }

            Assert.Equal(text, File.ReadAllText(path));
        }
    }
}
