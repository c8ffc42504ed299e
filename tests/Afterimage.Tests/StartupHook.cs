using Afterimage.Tests.Entries;

/// <summary>
/// What .NET calls before the entry point of a process that was started with DOTNET_STARTUP_HOOKS naming this assembly; the name and the missing namespace
/// are its convention. Lets the test assembly be its own child processes without a second executable.
/// </summary>
internal static class StartupHook
{
    public static void Initialize() => CrashChild.RunWhenChild();
}
