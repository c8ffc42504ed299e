using System.Diagnostics;
using System.Text.Json;

namespace Afterimage.Bench.Encoder;

/// <summary>ONNX Runtime in a process of its own (<c>bench/peers/encoder</c>), asked one measurement at a time so that it can be interleaved with ours.</summary>
internal sealed class OnnxPeer : IDisposable
{
    private readonly Process _process;

    private OnnxPeer(Process process) => _process = process;

    /// <summary>Starts it; null, with a word on how to install it, where it is not here. <c>AFTERIMAGE_PEERS_ENCODER</c> names another folder of node_modules.</summary>
    public static OnnxPeer? Start()
    {
        string peers = Path.Combine(FindRoot(), "bench", "peers", "encoder");
        string modules = Environment.GetEnvironmentVariable("AFTERIMAGE_PEERS_ENCODER") ?? Path.Combine(peers, "node_modules");
        if (!Directory.Exists(Path.Combine(modules, "onnxruntime-node")))
        {
            Console.Error.WriteLine($"no ONNX Runtime here; in {peers}: ONNXRUNTIME_NODE_INSTALL=skip npm install");
            return null;
        }

        var start = new ProcessStartInfo("node", Path.Combine(peers, "run.cjs")) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["NODE_PATH"] = modules;
        return new OnnxPeer(Process.Start(start)!);
    }

    /// <summary>The shortest of some runs, milliseconds.</summary>
    public double Measure(string model, int threads, int batch, int tokens, int runs) =>
        Ask(new { model, threads, batch, tokens, runs }).GetProperty("ms").GetDouble();

    /// <summary>The hidden state of the first token, to see that both compute the same.</summary>
    public float[] FirstState(string model, int[] ids) =>
        [.. Ask(new { model, threads = 2, batch = 1, tokens = ids.Length, runs = 1, ids }).GetProperty("first").EnumerateArray().Select(x => x.GetSingle())];

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private JsonElement Ask(object question)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(question));
        JsonElement answer = JsonDocument.Parse(_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the peer is gone")).RootElement;
        return answer.TryGetProperty("error", out JsonElement error) ? throw new InvalidOperationException(error.GetString()) : answer;
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Afterimage.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? ".";
    }
}
