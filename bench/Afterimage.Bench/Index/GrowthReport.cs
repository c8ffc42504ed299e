using System.Globalization;
using System.Text;

namespace Afterimage.Bench.Index;

/// <summary>One size of the growth curve.</summary>
internal sealed record GrowthPoint(int Vectors, double SearchMicroseconds, double Recall, double InsertsPerSecond, double PrivateMegabytes, double OpenSeconds);

/// <summary>The growth curve as a table, filed under the processor it was measured on.</summary>
internal static class GrowthReport
{
    public static void Write(IReadOnlyList<GrowthPoint> points)
    {
        string results = Path.Combine("bench", "results");
        if (!Directory.Exists("bench"))
        {
            return;
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # The vector index as it grows

            Written by `dotnet run -c Release --project bench/Afterimage.Bench -- index` on {Cpu()}, {Environment.ProcessorCount} cores shared with other work.
            768 dimensions, one partition, one thread; best median of the rounds. Inserts are per second of processor time,
            of all threads together, until every vector is in its graph. Memory is
            the private memory of a process that has only opened the index.

            | vectors | search us | recall@1 above 0.85 | inserts a CPU second | private MB | bytes a vector | opening s |
            |--:|--:|--:|--:|--:|--:|--:|

            """);
        foreach (GrowthPoint p in points)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {p.Vectors:N0} | {p.SearchMicroseconds:0} | {p.Recall:0.0000} | {p.InsertsPerSecond:N0} | {p.PrivateMegabytes:0} | {p.PrivateMegabytes * 1e6 / p.Vectors:0} | {p.OpenSeconds:0.00} |");
        }

        string folder = Directory.CreateDirectory(Path.Combine(results, Cpu().Replace(' ', '-'))).FullName;
        File.WriteAllText(Path.Combine(folder, "index.md"), text.ToString());
    }

    private static string Cpu() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
        : "unknown";
}
