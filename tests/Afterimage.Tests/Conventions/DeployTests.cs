using System.Diagnostics;
using System.Text.RegularExpressions;
using Afterimage.Configuration;
using Xunit;

namespace Afterimage.Tests.Conventions;

/// <summary>The examples in deploy/, as far as they can be checked without running them.</summary>
public sealed partial class DeployTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "deploy");

    [Fact]
    public void Every_setting_that_the_examples_name_exists()
    {
        string reference = ConfigurationReference.ToMarkdown();
        var named = Directory.EnumerateFiles(Folder).SelectMany(f => Setting().Matches(File.ReadAllText(f))).Select(m => m.Groups[1].Value.Replace("__", ":", StringComparison.Ordinal)).Distinct().ToList();
        Assert.True(named.Count >= 7);
        Assert.All(named, name => Assert.Contains($"| `{name}` |", reference, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_variable_that_the_compose_file_asks_for_is_in_the_example_environment()
    {
        string example = File.ReadAllText(Path.Combine(Folder, "env.example"));
        var asked = Variable().Matches(File.ReadAllText(Path.Combine(Folder, "compose.yaml"))).Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.NotEmpty(asked);
        Assert.All(asked, name => Assert.Matches($"(?m)^{name}=", example));
    }

    [Fact]
    public void Systemd_accepts_the_unit()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is not on this machine");
        string folder = Directory.CreateTempSubdirectory("afterimage-unit-").FullName;
        try
        {
            // Only the program's place is changed: it is looked for.
            string unit = Path.Combine(folder, "afterimage.service");
            File.WriteAllText(unit, File.ReadAllText(Path.Combine(Folder, "afterimage.service")).Replace("/opt/afterimage/afterimage", "/bin/true", StringComparison.Ordinal));
            using Process verify = Process.Start(new ProcessStartInfo("systemd-analyze") { ArgumentList = { "verify", unit }, RedirectStandardError = true })!;
            string said = verify.StandardError.ReadToEnd();
            verify.WaitForExit();
            Assert.True(verify.ExitCode == 0 && said.Length == 0, said);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex(@"AFTERIMAGE__([A-Za-z0-9_]+)")]
    private static partial Regex Setting();

    [GeneratedRegex(@"\$\{([A-Z0-9_]+)")]
    private static partial Regex Variable();
}
