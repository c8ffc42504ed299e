using System.Runtime.CompilerServices;
using System.Text;
using Afterimage.Tests.Conformance;
using Afterimage.Vectors;

namespace Afterimage.Tests.Vectors;

/// <summary>
/// The process that is killed: this test program, started again with <see cref="Variable"/> set. It applies numbered operations to an index and writes
/// each number to standard output once the operation has returned. What an operation does depends on its number only.
/// </summary>
internal static class CrashWriter
{
    /// <summary><c>folder|first operation</c></summary>
    public const string Variable = "AFTERIMAGE_CRASH_WRITER";

    public const int Dimensions = 24;
    public const string Space = "test/crash";

    private const int Entries = 300;

    /// <summary>Small segments and graphs, so that rotation, compaction, repair and saving happen all the time.</summary>
    public static VectorIndex Open(string folder) => VectorIndex.Open(new VectorIndexOptions
    {
        Folder = folder,
        SpaceId = Space,
        Dimensions = Dimensions,
        FlushInterval = TimeSpan.FromMilliseconds(20),
        SegmentBytesMax = 16 << 10,
        GraphMin = 128,
    });

    /// <summary>What operation <paramref name="number"/> adds, or removes where it adds nothing.</summary>
    public static (VectorRecord[] Add, Hash256[] Remove) Operation(int number)
    {
        var random = new Random(number);
        return random.Next(3) == 0
            ? ([], [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => VectorIndexes.Entry(random.Next(Entries)))])
            : ([.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Record(random.Next(Entries), number))], []);
    }

    /// <summary>The vector of an entry as operation <paramref name="number"/> writes it; the batch tells the operation.</summary>
    public static VectorRecord Record(int entry, int number)
    {
        var random = new Random((entry * 7919) + number);
        return new VectorRecord(
            VectorIndexes.Entry(entry),
            Hash256.Of($"partition {random.Next(10) / 8}"),
            random.Next(2) == 0 ? null : random.Next(),
            VectorData.Unit(random, Dimensions),
            new Guid(number, (short)entry, 0, new byte[8]));
    }

    [ModuleInitializer]
    internal static void Run()
    {
        if (Environment.GetEnvironmentVariable(Variable)?.Split('|') is [string folder, string first])
        {
            Write(folder, int.Parse(first));
        }
    }

    /// <summary>Never returns. Waits instead of awaiting: until the initializer of this module has ended, no other thread may run code of it.</summary>
    private static void Write(string folder, int first)
    {
        VectorIndex index = Open(folder);
        using Stream output = Console.OpenStandardOutput();
        for (int number = first; ; number++)
        {
            (VectorRecord[] add, Hash256[] remove) = Operation(number);
            index.AddAsync(add, default).AsTask().Wait();
            index.RemoveAsync(remove, default).AsTask().Wait();
            if (number % 64 == 0)
            {
                index.SnapshotAsync(default).Wait();
            }

            output.Write(Encoding.ASCII.GetBytes($"{number}\n"));
            output.Flush();
        }
    }
}
