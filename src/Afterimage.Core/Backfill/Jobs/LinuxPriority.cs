using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Afterimage.Backfill.Jobs;

/// <summary>
/// What Linux lets a thread say about how it shares a core; .NET's thread priorities say nothing there. All of it is the thread's own, not the process's, and where it is refused
/// all is as before.
/// </summary>
internal static partial class LinuxPriority
{
    // Of 19 steps: a tenth of what an ordinary thread gets that wants the same core.
    private const int NiceSteps = 10;

    // A thread that has slept is soon due however low its priority, and then keeps its core for what the system calls a slice (1 to 3 ms): who wakes meanwhile waits for that.
    // Who asks for long slices (these are the longest there are) is due later, and gives way at once to those whose slices are shorter.
    private const ulong SliceNanoseconds = 100_000_000;

    private const uint Ordinary = 0;

    // As the system knows it, which keeps 15 letters.
    private const string CompilerThread = ".NET Tiered Com";

    /// <summary>Lets the calling thread give way to ordinary ones: it gets a tenth of a core that they want, and who wakes need not wait until it has done.</summary>
    public static void Lower()
    {
        _ = Nice(NiceSteps);
        TakeLongSlices(0);
    }

    /// <summary>
    /// Lets the runtime's compiler thread, where there is one now, give way to whoever wakes; its share stays what it is, because hits need what it compiles as well. One
    /// that a lowered thread begins is lowered from the start.
    /// </summary>
    public static void InterruptCompiler()
    {
        try
        {
            foreach (string thread in Directory.EnumerateDirectories("/proc/self/task"))
            {
                if (File.ReadAllText(Path.Join(thread, "comm")).AsSpan().TrimEnd('\n').SequenceEqual(CompilerThread))
                {
                    TakeLongSlices(int.Parse(Path.GetFileName(thread.AsSpan())));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A thread that ended meanwhile, or a system that does not show them.
        }
    }

    // Linux 6.12 and later take the slice; those before ignore it.
    private static void TakeLongSlices(int thread)
    {
        (nint get, nint set) = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => (315, 314),
            Architecture.Arm64 => (275, 274),
            _ => ((nint)0, (nint)0),
        };
        SchedulingAttributes attributes = default;
        if (get != 0 && GetAttributes(get, thread, ref attributes, Unsafe.SizeOf<SchedulingAttributes>(), 0) == 0 && attributes.Policy == Ordinary)
        {
            attributes.Runtime = SliceNanoseconds;
            _ = SetAttributes(set, thread, attributes, 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "nice")]
    private static partial int Nice(int steps);

    // sched_getattr and sched_setattr: the C library of many systems does not have them by name.
    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint GetAttributes(nint number, nint thread, ref SchedulingAttributes attributes, nint size, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SetAttributes(nint number, nint thread, in SchedulingAttributes attributes, nint flags);

    // struct sched_attr of linux/sched/types.h, its first version.
    [StructLayout(LayoutKind.Sequential)]
    private struct SchedulingAttributes
    {
        public uint Size;
        public uint Policy;
        public ulong Flags;
        public int Nice;
        public uint Priority;
        public ulong Runtime;
        public ulong Deadline;
        public ulong Period;
    }
}
