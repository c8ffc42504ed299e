namespace Afterimage.Backfill.Sources;

/// <summary>
/// A file's place as text: <c>file://</c> and the absolute path, each part percent-encoded. <see cref="Uri"/> is not used for either way: it trims blanks at the
/// end of a name and decodes some percent signs that are part of it.
/// </summary>
internal static class FileLocation
{
    private const string Scheme = "file://";

    public static string Of(string path)
    {
        string[] parts = path.Split(Path.DirectorySeparatorChar);
        string escaped = string.Join('/', parts.Select(Uri.EscapeDataString));

        // A drive's letter has no slash before it.
        return Scheme + (escaped.StartsWith('/') ? escaped : "/" + escaped);
    }

    /// <summary>The path; null where the text names no local file.</summary>
    public static string? PathOf(string location)
    {
        if (!location.StartsWith(Scheme + "/", StringComparison.Ordinal))
        {
            return null;
        }

        string path = Uri.UnescapeDataString(location[Scheme.Length..]);
        path = OperatingSystem.IsWindows() ? path[1..].Replace('/', '\\') : path;
        return Path.IsPathFullyQualified(path) && !path.Contains('\0') ? path : null;
    }
}
