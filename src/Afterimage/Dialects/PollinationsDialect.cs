using System.Diagnostics.Metrics;
using System.Globalization;
using Afterimage.Configuration;
using Afterimage.Diagnostics;
using Afterimage.Requests;

namespace Afterimage.Dialects;

/// <summary>
/// <c>GET /prompt/{prompt}?...</c> of image.pollinations.ai and <c>GET /image/{prompt}?...</c> of gen.pollinations.ai, with the defaults of either
/// generation. Every parameter that can change the picture is in the request, unknown ones included; credentials and delivery never are.
/// </summary>
internal sealed class PollinationsDialect(PollinationsOptions options) : IDialect
{
    private const long LegacySeedMax = 1844674407370955;
    private const long CurrentSeedMax = int.MaxValue;

    private static readonly Counter<long> UnknownParameters = Telemetry.Meter.CreateCounter<long>(
        "afterimage.dialect.unknown_parameters", description: "Parameters that the dialect does not know; they stay in the key.");

    private static readonly string[] Prefixes = ["/prompt/", "/image/"];

    /// <summary>Who asks and where the picture may be listed: never part of what is asked.</summary>
    private static readonly HashSet<string> Stripped = new(StringComparer.OrdinalIgnoreCase)
    {
        "token", "key", "referrer", "referer", "nofeed", "no-cache", "private",
    };

    private static readonly HashSet<string> Flags = ["nologo", "enhance", "safe", "transparent"];

    /// <summary>Parameters of moving pictures, which are never cached.</summary>
    private static readonly HashSet<string> Video = new(StringComparer.OrdinalIgnoreCase) { "duration", "aspectRatio", "audio" };

    public string Name => "pollinations";

    private bool Legacy => options.Generation == PollinationsGeneration.Legacy;

    public DialectReading Read(RequestTarget target, string scope)
    {
        if (PromptOf(target.Path) is not { } rawPrompt)
        {
            return DialectReading.NotOurs;
        }

        var query = new List<KeyValuePair<string, string>>(8);
        if (!PercentDecoder.TryDecode(rawPrompt, plusIsSpace: false, out string prompt) || !target.TryReadQuery(query))
        {
            return new DialectReading(null, "malformed-encoding");
        }

        var given = new Dictionary<string, string>(query.Count, StringComparer.Ordinal);
        foreach ((string name, string value) in query)
        {
            if (!given.TryAdd(name, value) && given[name] != value)
            {
                return new DialectReading(null, "ambiguous-parameter");
            }
        }

        return Read(prompt, given, scope);
    }

    public RequestTarget WithSeed(RequestTarget target, long seed)
    {
        // An empty one may stand there; twice the same name would be read by no two services alike.
        var kept = new List<string>();
        foreach (Range range in target.Query.Split('&'))
        {
            ReadOnlySpan<char> part = target.Query[range];
            ReadOnlySpan<char> name = part.IndexOf('=') is var at and >= 0 ? part[..at] : part;
            if (!part.IsEmpty && !(PercentDecoder.TryDecode(name, plusIsSpace: true, out string decoded) && decoded == "seed"))
            {
                kept.Add(part.ToString());
            }
        }

        kept.Add(string.Create(CultureInfo.InvariantCulture, $"seed={seed}"));
        return new RequestTarget($"{target.Path}?{string.Join('&', kept)}");
    }

    private DialectReading Read(string prompt, Dictionary<string, string> given, string scope)
    {
        if (given.Keys.Any(Video.Contains))
        {
            return new DialectReading(null, "video");
        }

        if (given.Any(p => p.Key.Equals("private", StringComparison.OrdinalIgnoreCase) && !IsOff(p.Value)))
        {
            return new DialectReading(null, "private");
        }

        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Seed seed = ReadSeed(given, parameters);
        if (seed.Kind == SeedKind.Random)
        {
            return new DialectReading(null, "seed-random");
        }

        int width = ReadSide("width", options.DefaultWidth, given, parameters);
        int height = ReadSide("height", options.DefaultHeight, given, parameters);
        ReadRest(given, parameters);
        var request = new ImageRequest
        {
            Dialect = Name,
            Prompt = prompt,
            Seed = seed,
            Model = given.GetValueOrDefault("model") is { Length: > 0 } model ? model : options.DefaultModel,
            Width = width,
            Height = height,
            Parameters = [.. parameters],
            Scope = scope,
        };
        bool refresh = given.Any(p => p.Key.Equals("no-cache", StringComparison.OrdinalIgnoreCase) && !p.Value.Equals("false", StringComparison.OrdinalIgnoreCase));
        return new DialectReading(request, null, refresh);
    }

    // Absent or empty: the generation's own default. A whole number is the seed named. Anything else stays in the key as it is, since only the origin
    // knows what it makes of it.
    private Seed ReadSeed(Dictionary<string, string> given, SortedDictionary<string, string> parameters)
    {
        if (given.GetValueOrDefault("seed") is not { Length: > 0 } text)
        {
            return Seed.Defaulted(Legacy ? 42 : 0);
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
        {
            if (value == -1)
            {
                return Seed.Random;
            }

            if (value >= 0 && value <= (Legacy ? LegacySeedMax : CurrentSeedMax))
            {
                return Seed.Named(value);
            }
        }

        parameters["seed"] = text;
        return Seed.None;
    }

    private static int ReadSide(string name, int side, Dictionary<string, string> given, SortedDictionary<string, string> parameters)
    {
        if (given.GetValueOrDefault(name) is not { Length: > 0 } text)
        {
            return side;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0)
        {
            return value;
        }

        parameters[name] = text;
        return 0;
    }

    private void ReadRest(Dictionary<string, string> given, SortedDictionary<string, string> parameters)
    {
        parameters["negative_prompt"] = given.GetValueOrDefault("negative_prompt") ?? "worst quality, blurry";
        parameters["quality"] = given.GetValueOrDefault("quality") is { Length: > 0 } quality ? quality : "medium";
        foreach (string flag in Flags)
        {
            parameters[flag] = Flag(given.GetValueOrDefault(flag));
        }

        if (given.GetValueOrDefault("guidance_scale") is { Length: > 0 } guidance)
        {
            parameters["guidance_scale"] = double.TryParse(guidance, NumberStyles.Float, CultureInfo.InvariantCulture, out double scale)
                ? scale.ToString("R", CultureInfo.InvariantCulture) : guidance;
        }

        if (given.GetValueOrDefault("image") is { Length: > 0 } images)
        {
            // A list either way; a pipe cannot stand in a URL, a comma can, so the pipe wins where both occur.
            string[] urls = images.Split(images.Contains('|') ? '|' : ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            parameters["image"] = string.Join('|', urls);
        }

        foreach ((string name, string value) in given)
        {
            if (name is "model" or "seed" or "width" or "height" or "guidance_scale" or "image" || parameters.ContainsKey(name) || Stripped.Contains(name))
            {
                continue;
            }

            UnknownParameters.Add(1, new KeyValuePair<string, object?>("dialect", Name));
            parameters[name] = value;
        }
    }

    // The legacy server knows only "true"; the current one takes some other texts for true as well, so there they keep to themselves.
    private string Flag(string? text) =>
        text is null or "" ? "false"
        : text.Equals("true", StringComparison.OrdinalIgnoreCase) ? "true"
        : Legacy ? "false" : "given:" + text;

    private static bool IsOff(string text) => text is "" or "0" || text.Equals("false", StringComparison.OrdinalIgnoreCase);

    private static string? PromptOf(ReadOnlySpan<char> path)
    {
        foreach (string prefix in Prefixes)
        {
            if (path.StartsWith(prefix, StringComparison.Ordinal) && path.Length > prefix.Length)
            {
                return path[prefix.Length..].ToString();
            }
        }

        return null;
    }
}
