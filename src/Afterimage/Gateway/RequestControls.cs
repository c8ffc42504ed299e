using System.Globalization;
using Afterimage.Caching;
using Afterimage.Configuration;
using Microsoft.Extensions.Primitives;

namespace Afterimage.Gateway;

/// <summary>What a request's own headers ask of the cache.</summary>
/// <param name="Refresh">A new picture, which then replaces the stored one (<c>no-cache</c>, or the old clients' header of that name).</param>
/// <param name="NoStore">The origin's picture must not be kept.</param>
/// <param name="OnlyIfCached">A stored picture or 504.</param>
/// <param name="AgeMax">Older entries do not answer.</param>
/// <param name="Mode">The semantic mode asked for; null where none is.</param>
internal readonly record struct RequestControls(bool Refresh, bool NoStore, bool OnlyIfCached, TimeSpan? AgeMax, SemanticMode? Mode)
{
    public const string SemanticHeader = "X-Afterimage-Semantic";

    public static RequestControls Of(HttpRequest request, bool honorCacheControl)
    {
        IHeaderDictionary headers = request.Headers;
        SemanticMode? mode = headers.TryGetValue(SemanticHeader, out StringValues asked) && Enum.TryParse(asked.ToString(), ignoreCase: true, out SemanticMode parsed)
            && Enum.IsDefined(parsed) ? parsed : null;
        if (!honorCacheControl)
        {
            return new RequestControls(false, false, false, null, mode);
        }

        bool refresh = headers.ContainsKey("no-cache"), noStore = false, onlyIfCached = false;
        TimeSpan? ageMax = null;
        StringValues cacheControl = headers.CacheControl;
        if (cacheControl.Count == 0)
        {
            refresh |= headers.Pragma.Count > 0 && headers.Pragma.ToString().Contains("no-cache", StringComparison.OrdinalIgnoreCase);
        }

        foreach (string? line in cacheControl)
        {
            foreach (string directive in (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                string[] parts = directive.Split('=', 2, StringSplitOptions.TrimEntries);
                switch (parts[0].ToLowerInvariant())
                {
                    case "no-cache":
                        refresh = true;
                        break;
                    case "no-store":
                        noStore = true;
                        break;
                    case "only-if-cached":
                        onlyIfCached = true;
                        break;
                    case "max-age" when parts.Length == 2 && int.TryParse(parts[1].Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds):
                        ageMax = TimeSpan.FromSeconds(seconds);
                        break;
                }
            }
        }

        return new RequestControls(refresh, noStore, onlyIfCached, ageMax, mode);
    }

    /// <summary>The mode in force: a client may ask for less than the operator's, and for more only where the operator lets it.</summary>
    public SemanticMode ModeUnder(SemanticMode configured, OverridePermission permission) => Mode is not { } asked ? configured
        : permission == OverridePermission.Any || permission == OverridePermission.Restrict && asked < configured ? asked
        : configured;
}
