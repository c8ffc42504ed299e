namespace Afterimage.Cloud.HuggingFace;

/// <summary>Where models come from and where they are kept; the environment variables are Hugging Face's own.</summary>
internal sealed record HubSettings
{
    /// <summary><c>HF_ENDPOINT</c>, without the last slash.</summary>
    public string Endpoint { get; init; } = "https://huggingface.co";

    /// <summary><c>HF_TOKEN</c>, or what <c>$HF_TOKEN_PATH</c> or <c>$HF_HOME/token</c> holds; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>Hugging Face's own cache, read but never written.</summary>
    public required string HubCache { get; init; }

    /// <summary>Where our models are kept: <c>AFTERIMAGE_MODELS</c>, or the user's folder for program data.</summary>
    public required string Models { get; init; }

    /// <summary><c>HF_HUB_OFFLINE</c> or <c>TRANSFORMERS_OFFLINE</c>: nothing is fetched.</summary>
    public bool Offline { get; init; }

    public static HubSettings FromEnvironment() => From(Environment.GetEnvironmentVariable);

    internal static HubSettings From(Func<string, string?> variable)
    {
        string Of(string name, string otherwise) => variable(name) is { Length: > 0 } value ? value : otherwise;
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string hugging = Of("HF_HOME", Path.Combine(Of("XDG_CACHE_HOME", Path.Combine(home, ".cache")), "huggingface"));
        string programData = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return new HubSettings
        {
            Endpoint = Of("HF_ENDPOINT", "https://huggingface.co").TrimEnd('/'),
            Token = ReadToken(variable, Path.Combine(hugging, "token")),
            HubCache = Of("HF_HUB_CACHE", Of("HUGGINGFACE_HUB_CACHE", Path.Combine(hugging, "hub"))),
            Models = Of("AFTERIMAGE_MODELS", Path.Combine(programData, "afterimage", "models")),
            Offline = IsOn(variable("HF_HUB_OFFLINE")) || IsOn(variable("TRANSFORMERS_OFFLINE")),
        };
    }

    private static string? ReadToken(Func<string, string?> variable, string defaultPath)
    {
        foreach (string name in (string[])["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"])
        {
            if (variable(name)?.Trim() is { Length: > 0 } token)
            {
                return token;
            }
        }

        string path = variable("HF_TOKEN_PATH") is { Length: > 0 } set ? set : defaultPath;
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsOn(string? value) => value?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";
}
