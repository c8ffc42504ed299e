using System.CommandLine;
using Afterimage.Backfill;
using Afterimage.Commands.Backfill;
using Afterimage.Vectors;

namespace Afterimage.Commands;

/// <summary><c>afterimage backfill</c>: images that already exist become the cache.</summary>
internal static class BackfillCommand
{
    public static Command Create() => new("backfill", "Make entries and vectors out of images that already exist in a folder or a bucket.")
    {
        StageCommands.Analyze(),
        StageCommands.Pilot(),
        StageCommands.Run(),
        BatchCommands.Status(),
        BatchCommands.Validate(),
        BatchCommands.Rollback(),
        BatchCommands.Reindex(),
        KeysCommand.Create(),
    };

    /// <summary>Runs a stage; what can go wrong outside of us becomes a line and an exit code.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> stage)
    {
        try
        {
            return await stage();
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("afterimage: stopped; the same command goes on from here");
            return ExitCode.Failed;
        }
        catch (Exception e) when (e is BackfillRefusedException or IOException or UnauthorizedAccessException or InvalidDataException or VectorIndexUnavailableException)
        {
            Console.Error.WriteLine($"afterimage: {e.Message}");
            return ExitCode.Failed;
        }
    }
}
