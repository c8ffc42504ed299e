using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Afterimage.Bench.Index;

/// <summary>One size of one index on the growth curve.</summary>
internal sealed record GrowthPoint(string Data, string Index, int Vectors, double SearchMicroseconds, double Recall, double PrivateMegabytes, double? OpenSeconds);

/// <summary>
/// Keeps what each part printed, since parts run in windows of their own, and writes all of it to <c>bench/results/</c>, filed under the processor. A part
/// that runs again replaces what it said before.
/// </summary>
internal static class IndexReport
{
    private const string Growths = "growth.";
    private const string Lines = "lines.";

    private static string Part { get; set; } = "";

    public static void Begin(string part) => Part = part.Replace(':', '-') + "." + string.Join('+', Peer.Wanted);

    public static void Print(Measurement measurement, bool json)
    {
        measurement.Print(json);
        string path = BenchFiles.Of(Lines + Part);
        string[] kept = File.Exists(path) ? [.. File.ReadLines(path).Where(l => Read(l).Measure != measurement.Measure)] : [];
        File.WriteAllLines(path, [.. kept, JsonSerializer.Serialize(measurement)]);
    }

    public static void Growth(GrowthPoint point) => File.WriteAllText(BenchFiles.Of($"{Growths}{point.Data}.{point.Index}"), JsonSerializer.Serialize(point));

    public static void Write()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # The vector index

            Written by `dotnet run -c Release --project bench/Afterimage.Bench -- index` on {Cpu()}, {Environment.ProcessorCount} cores. One thread asks, one query at a time.
            Search times are the best median of {IndexBench.Rounds} rounds over 2,000 queries, ours and the peer's in turns; settings were chosen on 2,000 other queries (`tune:`).
            Lines of parts named `prepare` come from building beforehand, beside other work, and count processor time; the others mean something only if the machine was left alone.

            ## As it grows

            768 dimensions (prompts: the built-in embedder's), one partition. Memory is the private memory of a process that has only opened the index. Peers are named
            with the expansion of their search: 64, and where that finds less, the one that reached our recall on the tuning queries.

            | data | vectors | index | search us | recall@1 above 0.85 | private MB | bytes a vector | opening s |
            |---|--:|---|--:|--:|--:|--:|--:|

            """);
        foreach (GrowthPoint p in Directory.GetFiles(BenchFiles.Folder, Growths + "*").Select(f => JsonSerializer.Deserialize<GrowthPoint>(File.ReadAllText(f))!)
            .OrderBy(p => p.Data.StartsWith("shape", StringComparison.Ordinal) ? 0 : 1).ThenBy(p => p.Vectors).ThenBy(p => p.Index, StringComparer.Ordinal))
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {p.Data} | {p.Vectors:N0} | {p.Index} | {p.SearchMicroseconds:0} | {p.Recall:0.0000} | {p.PrivateMegabytes:0} | {p.PrivateMegabytes * 1e6 / p.Vectors:0} | {p.OpenSeconds:0.00} |");
        }

        text.AppendLine("\n## Beside the peers\n\n| part | measure | ours | peer | ratio | aim |\n|---|---|--:|--:|--:|---|");
        foreach (string path in Directory.GetFiles(BenchFiles.Folder, Lines + "*").Order(StringComparer.Ordinal))
        {
            string part = Path.GetFileName(path)[Lines.Length..].Split('.')[0];
            foreach (Measurement m in File.ReadLines(path).Select(Read))
            {
                string aim = m.Aim is { } a ? $"{(m.Better == "lower" ? "<=" : ">=")} {a:0.###}" : "";
                text.AppendLine(CultureInfo.InvariantCulture, $"| {part} | {m.Measure} | {m.Ours:0.####} {m.Unit} | {m.Peer:0.####} | {m.Ratio:0.00} | {aim} |");
            }
        }

        string folder = Directory.CreateDirectory(Path.Combine(BenchPaths.Root, "bench", "results", Cpu().Replace(' ', '-'))).FullName;
        File.WriteAllText(Path.Combine(folder, "index.md"), text.ToString());
    }

    private static Measurement Read(string line) => JsonSerializer.Deserialize<Measurement>(line)!;

    private static string Cpu() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
        : "unknown";
}
