using System.Collections;
using System.Globalization;
using System.Reflection;

namespace Afterimage.Configuration;

/// <summary>
/// The only place that touches <see cref="IConfiguration"/>: binds every section to its options type and collects every mistake (unknown names, wrong
/// types, values out of range) with the key and what is allowed.
/// </summary>
internal static class OptionsBinder
{
    public static T Bind<T>(IConfiguration configuration, List<string> mistakes)
        where T : new()
    {
        var options = new T();
        BindSection(options, configuration, "", mistakes);
        return options;
    }

    private static void BindSection(object options, IConfiguration section, string prefix, List<string> mistakes)
    {
        Dictionary<string, PropertyInfo> properties = options.GetType().GetProperties().Where(p => p.CanWrite).ToDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);
        foreach (IConfigurationSection child in section.GetChildren())
        {
            string key = prefix + child.Key;
            if (!properties.TryGetValue(child.Key, out PropertyInfo? property))
            {
                mistakes.Add($"{key}: no such setting{Suggest(child.Key, properties.Keys, prefix)}");
            }
            else if (property.GetCustomAttribute<SettingAttribute>() is { } setting)
            {
                BindValue(options, property, setting, child, key, mistakes);
            }
            else if (property.GetValue(options) is IList list)
            {
                BindList(list, property.PropertyType.GetGenericArguments()[0], child, key, mistakes);
            }
            else if (child.Value is { Length: > 0 })
            {
                mistakes.Add($"{key}: is a section with settings of its own, not a value");
            }
            else
            {
                BindSection(property.GetValue(options)!, child, key + ":", mistakes);
            }
        }
    }

    private static void BindList(IList list, Type itemType, IConfigurationSection section, string key, List<string> mistakes)
    {
        foreach (IConfigurationSection item in section.GetChildren())
        {
            object options = Activator.CreateInstance(itemType)!;
            BindSection(options, item, $"{key}:{item.Key}:", mistakes);
            list.Add(options);
        }
    }

    private static void BindValue(object options, PropertyInfo property, SettingAttribute setting, IConfigurationSection section, string key, List<string> mistakes)
    {
        if (section.Value is not { } text)
        {
            mistakes.Add($"{key}: is one value, not a section");
            return;
        }

        string shown = setting.Secret ? "the value given" : $"'{text}'";
        Type type = property.PropertyType;
        object? value = Parse(type, text.Trim());
        if (value is null)
        {
            mistakes.Add($"{key}: {shown} is not {Allowed(type, setting)}");
        }
        else if (value is not (string or bool or Enum)
            && Convert.ToDouble(value, CultureInfo.InvariantCulture) is var number && !(number >= setting.Min && number <= setting.Max))
        {
            mistakes.Add($"{key}: {shown} is out of range; allowed is {Allowed(type, setting)}");
        }
        else
        {
            property.SetValue(options, value);
        }
    }

    private static object? Parse(Type type, string text)
    {
        if (type == typeof(string))
        {
            return text;
        }

        if (type == typeof(bool))
        {
            return bool.TryParse(text, out bool flag) ? flag : null;
        }

        if (type.IsEnum)
        {
            // Numbers would parse too and mean nothing to a reader; workers-ai and workersai are the same.
            return !long.TryParse(text, out _) && Enum.TryParse(type, text.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out object? named) && Enum.IsDefined(type, named) ? named : null;
        }

        if (type == typeof(int))
        {
            return int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) ? number : null;
        }

        if (type == typeof(long))
        {
            return long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long number) ? number : null;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && double.IsFinite(real) ? real : null;
    }

    /// <summary>What a setting accepts, in words.</summary>
    public static string Allowed(Type type, SettingAttribute setting)
    {
        if (type.IsEnum)
        {
            return "one of " + string.Join(", ", Enum.GetNames(type).Select(n => n.ToLowerInvariant()));
        }

        if (type == typeof(bool))
        {
            return "true or false";
        }

        if (type == typeof(string))
        {
            return "text";
        }

        string kind = type == typeof(double) ? "a number" : "a whole number";
        bool from = double.IsFinite(setting.Min), to = double.IsFinite(setting.Max);
        return from && to ? $"{kind} from {setting.Min:0.####} to {setting.Max:0.####}" : from ? $"{kind} of at least {setting.Min:0.####}" : kind;
    }

    private static string Suggest(string name, IEnumerable<string> known, string prefix)
    {
        string? near = known.Select(k => (Name: k, Distance: Distance(k.ToLowerInvariant(), name.ToLowerInvariant())))
            .Where(k => k.Distance <= Math.Max(2, name.Length / 3)).OrderBy(k => k.Distance).Select(k => k.Name).FirstOrDefault();
        return near is null ? "" : $"; did you mean {prefix}{near}?";
    }

    // Levenshtein with one row.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int up = row[j];
                row[j] = Math.Min(Math.Min(up, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = up;
            }
        }

        return row[^1];
    }
}
