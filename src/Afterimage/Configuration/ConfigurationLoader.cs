using System.Text.Json;

namespace Afterimage.Configuration;

/// <summary>Reads the settings from file, environment and command line (the later wins), and says everything that is wrong with them.</summary>
internal static class ConfigurationLoader
{
    public const string EnvironmentPrefix = "AFTERIMAGE__";

    /// <summary>
    /// Loads and validates. Returns null where there are mistakes; they are in <paramref name="mistakes"/>, all of them.
    /// </summary>
    /// <param name="file">A JSON file with comments allowed, or null.</param>
    /// <param name="overrides">Settings of the command line, <c>Section:Key</c>.</param>
    public static GatewayOptions? Load(string? file, IEnumerable<KeyValuePair<string, string?>> overrides, List<string> mistakes)
    {
        var builder = new ConfigurationBuilder();
        if (file is not null)
        {
            if (!File.Exists(file))
            {
                mistakes.Add($"--config: there is no file '{file}'");
                return null;
            }

            builder.AddJsonFile(Path.GetFullPath(file), optional: false);
        }

        try
        {
            IConfiguration configuration = builder.AddEnvironmentVariables(EnvironmentPrefix).AddInMemoryCollection(LastOfEach(overrides)).Build();
            GatewayOptions options = OptionsBinder.Bind<GatewayOptions>(configuration, mistakes);
            OptionsRules.Check(options, mistakes);
            return mistakes.Count == 0 ? options : null;
        }
        catch (Exception e) when (e is InvalidDataException or JsonException or FormatException)
        {
            mistakes.Add($"--config {file}: {(e.InnerException ?? e).Message}");
            return null;
        }
    }

    // Said twice on the command line, the later counts, as it does between file, environment and command line.
    private static Dictionary<string, string?> LastOfEach(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var last = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach ((string key, string? value) in settings)
        {
            last[key] = value;
        }

        return last;
    }
}
