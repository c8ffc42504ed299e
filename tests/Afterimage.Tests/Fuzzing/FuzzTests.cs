using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Afterimage.Tests.Fuzzing;

/// <summary>
/// Every parser of bytes from outside, with inputs made by changing good ones. A fuzzer of our own that needs no instrumentation: mutation as AFL does it, kept inputs
/// chosen by what the parser says of them (not by coverage). The same inputs in every run of CI; <c>AFTERIMAGE_FUZZ_SECONDS</c> fuzzes each target for so long from a
/// seed of the clock. What was once found is in the corpus and runs first.
/// </summary>
public sealed class FuzzTests
{
    private const int Inputs = 4000;
    private const int PoolMax = 2000;
    private static readonly int Seconds = int.Parse(Environment.GetEnvironmentVariable("AFTERIMAGE_FUZZ_SECONDS") ?? "0", CultureInfo.InvariantCulture);

    public static TheoryData<string> Names => [.. FuzzTargets.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_input_breaks_the_parser(string name)
    {
        FuzzTarget target = FuzzTargets.All.Single(t => t.Name == name);
        var pool = new List<byte[]>();
        var ways = new HashSet<object>();
        foreach (byte[] input in target.Seeds())
        {
            // Tables are loaded by whoever comes first; that is no input's fault.
            target.Run(input);
        }

        foreach (byte[] input in target.Seeds().Concat(Corpus(name)))
        {
            ways.Add(Run(target, input));
            pool.Add(input);
        }

        int seed = Seconds > 0 ? Environment.TickCount : 1;
        var mutator = new Mutator(seed, target.WordBytes);
        long end = Stopwatch.GetTimestamp() + (Seconds * Stopwatch.Frequency);
        int ran = 0;
        for (; Seconds > 0 ? Stopwatch.GetTimestamp() < end : ran < Inputs / target.Cost; ran++)
        {
            byte[] input = mutator.Mutate(mutator.Pick(pool), pool);
            if (ways.Add(Run(target, input)) && pool.Count < PoolMax)
            {
                pool.Add(input);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: seed {seed}, {ran} inputs, {ways.Count} ways");
    }

    private static object Run(FuzzTarget target, byte[] input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        object way;
        try
        {
            way = target.Run(input) ?? "";
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{target.Name} with {Convert.ToBase64String(input)}", e);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated <= target.AllocatedBytesMax + (100L * input.Length), $"{target.Name} allocates {allocated} bytes for {Convert.ToBase64String(input)}");
        return way;
    }

    private static IEnumerable<byte[]> Corpus(string name)
    {
        string folder = Path.Combine(Repository.Root, "tests", "Afterimage.Tests", "Fuzzing", "Corpus", name);
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes) : [];
    }
}
