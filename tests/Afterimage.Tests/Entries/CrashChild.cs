using System.Diagnostics;
using Afterimage.Entries;

namespace Afterimage.Tests.Entries;

/// <summary>
/// The process that is killed: this test assembly, turned into something else by <see cref="StartupHook"/>. It changes a store at random for ever, and says
/// on standard output before each change what it will do, and after it that it is done.
/// </summary>
internal static class CrashChild
{
    public const string FolderVariable = "AFTERIMAGE_TEST_CRASH_FOLDER";
    public const string SeedVariable = "AFTERIMAGE_TEST_CRASH_SEED";
    public const string BytesMaxVariable = "AFTERIMAGE_TEST_CRASH_BYTES";
    public const int Keys = 40;

    public static Process Start(string folder, int seed, long bytesMax)
    {
        string self = Environment.ProcessPath!;
        var start = new ProcessStartInfo(self) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
        {
            start.ArgumentList.Add(typeof(CrashChild).Assembly.Location);
        }

        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(StartupHook).Assembly.Location;
        start.Environment[FolderVariable] = folder;
        start.Environment[SeedVariable] = seed.ToString();
        start.Environment[BytesMaxVariable] = bytesMax.ToString();
        return Process.Start(start)!;
    }

    public static FileEntryStoreOptions Options(string folder, long bytesMax) => new()
    {
        Folder = folder,
        FreeDiskBytesMin = 0,
        BytesMax = bytesMax,

        // A killed process loses nothing that the kernel has; half of the runs flush all the same, for its other timing.
        Flush = bytesMax % 2 == 0 ? FlushPolicy.Never : FlushPolicy.BeforePublish,
    };

    /// <summary>The body of a key's version; versions of one key differ in length too.</summary>
    public static byte[] Body(int key, int version) =>
        TestEntries.Body((key * 10_000_000) + version, (int)(500 + (((key * 7919L) + (version * 104_729L)) % 30_000)));

    /// <summary>The header of a key's version; every fifth key is an in-place entry.</summary>
    public static EntryHeader Header(int key, int version)
    {
        byte[] body = Body(key, version);
        EntryHeader header = TestEntries.Header(key, body) with { Id = TestEntries.Id((key * 10_000_000) + version), Extraction = version.ToString() };
        return IsInPlace(key, version) ? header with { Location = $"file:///{key}/{version}" } : header;
    }

    /// <summary>Some keys change between a file of their own and a record in a pack.</summary>
    public static bool IsInPlace(int key, int version) => key % 5 == 0 && version % 3 != 0;

    /// <summary>Never returns in the child, and does nothing in any other process.</summary>
    public static void RunWhenChild()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder)
        {
            int seed = int.Parse(Environment.GetEnvironmentVariable(SeedVariable)!);
            long bytesMax = long.Parse(Environment.GetEnvironmentVariable(BytesMaxVariable)!);
            ChangeForEverAsync(folder, seed, bytesMax).GetAwaiter().GetResult();
        }
    }

    private static async Task ChangeForEverAsync(string folder, int seed, long bytesMax)
    {
        IEntryStore store = FileEntryStore.Open(Options(folder, bytesMax), TimeProvider.System);
        using Stream output = Console.OpenStandardOutput();
        await Task.WhenAll(Enumerable.Range(0, 2).Select(worker => WorkAsync(store, output, worker, new Random((seed * 2) + worker), seed)));
    }

    private static async Task WorkAsync(IEntryStore store, Stream output, int worker, Random random, int seed)
    {
        // Each worker has keys of its own, so that what is acknowledged of a key has one order.
        for (int version = (seed * 10_000) + 1; ; version++)
        {
            int key = (random.Next(Keys / 2) * 2) + worker;
            int choice = random.Next(10);
            Say(output, $"begin {(choice == 0 ? "delete" : "put")} {key} {version}\n");
            if (choice == 0)
            {
                await store.DeleteAsync(TestEntries.Key(key), default);
            }
            else
            {
                EntryHeader header = Header(key, version);
                await store.PutAsync(header, header.Location is null ? Body(key, version) : default, default);
            }

            Say(output, $"done {key}\n");
            if (choice == 9)
            {
                using OpenEntry? entry = await store.OpenAsync(TestEntries.Key(random.Next(Keys)), default);
            }

            if (version % 64 == 0)
            {
                ((FileEntryStore)store).Sweep();
            }
        }
    }

    // One write call a line: a pipe keeps what was written when its writer is killed, and short writes are not torn.
    private static void Say(Stream output, string line)
    {
        lock (output)
        {
            output.Write(System.Text.Encoding.ASCII.GetBytes(line));
        }
    }
}
