using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;

namespace Afterimage.Configuration;

/// <summary>Writes the reference page and the commented default file from the options themselves.</summary>
internal static class ConfigurationReference
{
    /// <summary><c>docs/configuration.md</c>.</summary>
    public static string ToMarkdown()
    {
        var page = new StringBuilder("""
            # Configuration

            Made from the options by `afterimage serve --print-reference`; a test keeps it in step.

            The same names everywhere: in the file given by `--config` (JSON, comments allowed), in the environment (`AFTERIMAGE__SECTION__KEY`), and on the
            command line (`--Section:Key value`). The later wins. Everything is checked at start and every mistake is listed at once.

            | setting | default | allowed | meaning |
            |---|---|---|---|

            """);
        foreach ((string key, PropertyInfo property, SettingAttribute setting, object? value) in Walk(new GatewayOptions(), ""))
        {
            page.Append($"| `{key}` | {Shown(value)} | {OptionsBinder.Allowed(property.PropertyType, setting)} | {setting.Meaning.Replace("|", "\\|")} |\n");
        }

        return page.ToString();
    }

    /// <summary>The commented default file.</summary>
    public static string ToJson()
    {
        var text = new StringBuilder("// Afterimage: every setting with its default. Delete what you do not change.\n{\n");
        Write(text, new GatewayOptions(), "  ");
        return text.Append("}\n").ToString();
    }

    private static void Write(StringBuilder text, object options, string indent)
    {
        PropertyInfo[] properties = options.GetType().GetProperties().Where(p => p.CanWrite).ToArray();
        for (int i = 0; i < properties.Length; i++)
        {
            PropertyInfo property = properties[i];
            string comma = i + 1 < properties.Length ? "," : "";
            object? value = property.GetValue(options);
            if (property.GetCustomAttribute<SettingAttribute>() is { } setting)
            {
                text.Append($"{indent}// {setting.Meaning} {Capital(OptionsBinder.Allowed(property.PropertyType, setting))}.\n");
                text.Append($"{indent}\"{property.Name}\": {Literal(value)}{comma}\n");
            }
            else if (value is IList)
            {
                text.Append($"{indent}// {ExampleOf(property.PropertyType.GetGenericArguments()[0])}\n");
                text.Append($"{indent}\"{property.Name}\": []{comma}\n");
            }
            else
            {
                text.Append($"{indent}\"{property.Name}\": {{\n");
                Write(text, value!, indent + "  ");
                text.Append($"{indent}}}{comma}\n");
            }
        }
    }

    private static IEnumerable<(string Key, PropertyInfo Property, SettingAttribute Setting, object? Value)> Walk(object options, string prefix)
    {
        foreach (PropertyInfo property in options.GetType().GetProperties().Where(p => p.CanWrite))
        {
            object? value = property.GetValue(options);
            if (property.GetCustomAttribute<SettingAttribute>() is { } setting)
            {
                yield return (prefix + property.Name, property, setting, value);
                continue;
            }

            object inner = value is IList ? Activator.CreateInstance(property.PropertyType.GetGenericArguments()[0])! : value!;
            string below = $"{prefix}{property.Name}:{(value is IList ? "N:" : "")}";
            foreach (var item in Walk(inner, below))
            {
                yield return item;
            }
        }
    }

    private static string ExampleOf(Type item) => item.Name switch
    {
        nameof(OriginServerOptions) => """Several addresses of one service, in place of Url: { "Url": "http://10.0.0.1:8000", "Weight": 2 }.""",
        nameof(ModelLimitOptions) => """Bounds of single models: { "Model": "flux", "ConcurrencyMax": 4 }.""",
        _ => """In order, the first that fits: { "Path": "/prompt/**", "Dialect": "pollinations", "Seeds": "strict" }.""",
    };

    private static string Literal(object? value) => value switch
    {
        string text => JsonSerializer.Serialize(text),
        Enum named => $"\"{named.ToString().ToLowerInvariant()}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Shown(object? value) => value is "" ? "(empty)" : $"`{Literal(value).Trim('"')}`";

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
