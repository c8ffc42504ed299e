using System.Globalization;
using System.Text.Json;

namespace Afterimage.Bench.Index;

/// <summary>
/// A peer's index of one data set: built once, kept beside the vectors, loaded for each measurement. All peers and ours have 16 links per node (32 in the
/// lowest layer) and are built with a beam of 128.
/// </summary>
internal sealed class Peer : IDisposable
{
    /// <summary>What the peers search with where nobody says otherwise.</summary>
    public const int DefaultExpansion = 64;

    private const string Connectivity = "16";
    private const string BuildExpansion = "128";

    private readonly PeerProcess _process;
    private readonly IndexData _data;

    private Peer(string name, PeerProcess process, IndexData data) => (Name, _process, _data) = (name, process, data);

    /// <summary><c>usearch-i8</c>, <c>usearch-f32</c>, <c>hnswlib</c> or <c>faiss</c>.</summary>
    public string Name { get; }

    /// <summary>The peers of this run: <c>AFTERIMAGE_BENCH_PEERS</c>, names with commas between.</summary>
    public static string[] Wanted { get; } =
        (Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_PEERS") ?? "usearch-i8").Split(',', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Starts a peer; null where it is not installed.</summary>
    public static Peer? Start(string name, IndexData data)
    {
        string scripts = Path.Combine(BenchPaths.Peers, "index");
        string[] files = [data.Path, data.QueriesPath, IndexPath(name, data)];
        PeerProcess? process = name.StartsWith("usearch-", StringComparison.Ordinal)
            ? PeerProcess.Start(
                name, "npm install --prefix FOLDER usearch, then AFTERIMAGE_PEERS=FOLDER", "node", [Path.Combine(scripts, "usearch.mjs"), .. files, name[8..], Connectivity, BuildExpansion])
            : PeerProcess.Start(
                name, "apt-get install python3-hnswlib python3-faiss", "/usr/bin/python3", [Path.Combine(scripts, "knn.py"), .. files, name, Connectivity, BuildExpansion]);
        return process is null ? null : new Peer(name, process, data);
    }

    /// <summary>Builds the index on one thread and saves it; vectors a second of processor time, null where the peer has died.</summary>
    public double? Build() => _process.Ask("build")?.GetProperty("insertsPerSecond").GetDouble();

    /// <summary>Whether there is a saved index.</summary>
    public bool IsBuilt => File.Exists(IndexPath(Name, _data));

    /// <summary>Loads the saved index; private bytes of the process afterwards.</summary>
    public double Load(int expansion) => Answer("load", expansion).GetProperty("bytes").GetDouble();

    /// <summary>Asks all queries one by one: median microseconds of one, and the nearest found.</summary>
    public (double Microseconds, int[] Nearest) Search()
    {
        JsonElement answer = Answer("search", 0);
        return (answer.GetProperty("microseconds").GetDouble(), [.. answer.GetProperty("nearest").EnumerateArray().Select(e => e.GetInt32())]);
    }

    /// <summary>The expansion at which the peer's recall on the tuning queries reached ours, as <c>tune</c> found it; the default where it did not look.</summary>
    public int TunedExpansion => File.Exists(TunedPath) ? int.Parse(File.ReadAllText(TunedPath), CultureInfo.InvariantCulture) : DefaultExpansion;

    public void Tuned(int expansion) => File.WriteAllText(TunedPath, expansion.ToString(CultureInfo.InvariantCulture));

    public void Dispose() => _process.Dispose();

    private string TunedPath => IndexPath(Name, _data) + ".tuned";

    private static string IndexPath(string name, IndexData data) => BenchFiles.Of($"{data.Name}.{name}.index");

    private JsonElement Answer(string command, int expansion) =>
        _process.Ask(command, expansion) ?? throw new InvalidOperationException($"{Name} died at {command}");
}
