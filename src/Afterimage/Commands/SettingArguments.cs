namespace Afterimage.Commands;

/// <summary>Settings on the command line: <c>--Section:Key value</c> or <c>--Section:Key=value</c>.</summary>
internal static class SettingArguments
{
    public static List<KeyValuePair<string, string?>> Parse(IReadOnlyList<string> tokens, List<string> mistakes)
    {
        var settings = new List<KeyValuePair<string, string?>>();
        for (int i = 0; i < tokens.Count; i++)
        {
            string token = tokens[i];
            if (!token.StartsWith("--", StringComparison.Ordinal) || token.Length == 2)
            {
                mistakes.Add($"'{token}': is not an option; settings are given as --Section:Key value");
            }
            else if (token.IndexOf('=') is var equals and > 2)
            {
                settings.Add(new(token[2..equals], token[(equals + 1)..]));
            }
            else if (i + 1 < tokens.Count)
            {
                settings.Add(new(token[2..], tokens[++i]));
            }
            else
            {
                mistakes.Add($"{token}: a value is missing");
            }
        }

        return settings;
    }
}
