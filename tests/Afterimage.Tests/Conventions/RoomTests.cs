using System.Text.RegularExpressions;
using Xunit;

namespace Afterimage.Tests.Conventions;

/// <summary>DESIGN.md section 4: which rooms of the engine may use which, read from their <c>using</c> lines.</summary>
public sealed partial class RoomTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Diagnostics"] = [],
        ["Requests"] = ["Diagnostics"],
        ["Text"] = ["Diagnostics"],
        ["Vectors"] = ["Diagnostics"],
        ["Images"] = ["Diagnostics"],
        ["Matching"] = ["Text", "Diagnostics"],
        ["Entries"] = ["Requests", "Diagnostics"],
        ["Caching"] = ["Requests", "Text", "Matching", "Vectors", "Entries", "Images", "Diagnostics"],
        ["Backfill"] = ["Caching", "Requests", "Text", "Matching", "Vectors", "Entries", "Images", "Diagnostics"],
    };

    [Fact]
    public void Rooms_use_only_the_rooms_below_them()
    {
        string core = Path.Combine(Repository.Root, "src", "Afterimage.Core");
        var wrong = new List<string>();
        foreach (string file in Directory.EnumerateFiles(core, "*.cs", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(core, file);
            string room = relative.Split(Path.DirectorySeparatorChar)[0];
            if (!Allowed.TryGetValue(room, out string[]? below))
            {
                continue;
            }

            foreach (Match use in Using().Matches(File.ReadAllText(file)))
            {
                string other = use.Groups[1].Value;
                if (other != room && !below.Contains(other))
                {
                    wrong.Add($"{relative} uses {other}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void The_engine_references_no_package()
    {
        string project = File.ReadAllText(Path.Combine(Repository.Root, "src", "Afterimage.Core", "Afterimage.Core.csproj"));
        Assert.DoesNotContain("PackageReference", project);
        Assert.DoesNotContain("FrameworkReference", project);
    }

    [GeneratedRegex(@"^\s*(?:global )?using (?:static )?Afterimage\.([A-Za-z]+)", RegexOptions.Multiline)]
    private static partial Regex Using();
}
