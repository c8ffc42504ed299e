using System.Diagnostics;
using Afterimage.Bench.ExactHit;

namespace Afterimage.Bench.Load;

/// <summary>The gateway under load: a process that is restarted on the same folder and port.</summary>
internal sealed class LoadGateway : IAsyncDisposable
{
    private readonly string _folder;
    private readonly string _origin;
    private readonly long _storeBytesMax;
    private readonly long _memoryBytesMax;
    private ChildProcess? _process;

    public LoadGateway(string folder, string origin, long storeBytesMax, long memoryBytesMax)
    {
        (_folder, _origin, _storeBytesMax, _memoryBytesMax) = (folder, origin, storeBytesMax, memoryBytesMax);
        Address = new Uri($"http://127.0.0.1:{HitServers.FreePort()}");
    }

    public Uri Address { get; }

    /// <summary>When the last restart was ordered, and whether it is over; requests that begin in between may have to be sent again.</summary>
    public (long Ordered, long Over) Restart { get; private set; } = (long.MaxValue, long.MaxValue);

    public async Task StartAsync()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "afterimage.dll");
        _process = ChildProcess.Start(
            "dotnet", $"{program} serve --origin {_origin} --listen {Address} --data {_folder} --Store:BytesMax {_storeBytesMax} --Store:MemoryBytesMax {_memoryBytesMax} --Store:FreeDiskBytesMin 0");
        using var client = new HttpClient();
        for (DateTime end = DateTime.UtcNow.AddSeconds(60); DateTime.UtcNow < end; await Task.Delay(50))
        {
            try
            {
                if ((await client.GetAsync(new Uri(Address, "/_afterimage/health/live"))).IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }

        throw new InvalidOperationException("the gateway does not start");
    }

    /// <summary>SIGTERM, the end, a new process on the same folder and port. Returns what was wrong with the end, or null.</summary>
    public async Task<string?> RestartAsync()
    {
        Restart = (Stopwatch.GetTimestamp(), long.MaxValue);
        int exit = await _process!.TerminateAsync();
        await _process.DisposeAsync();
        await StartAsync();
        Restart = (Restart.Ordered, Stopwatch.GetTimestamp());
        return exit == 0 ? null : $"SIGTERM ended with exit code {exit}";
    }

    public LoadSample Sample()
    {
        using Process process = Process.GetProcessById(_process!.Id);
        return new LoadSample(process.WorkingSet64, Directory.EnumerateFileSystemEntries($"/proc/{_process.Id}/fd").Count(), process.Threads.Count);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }
}
