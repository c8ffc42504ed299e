using System.CommandLine;

namespace Afterimage.Commands;

/// <summary><c>afterimage serve</c>: the gateway.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var command = new Command("serve", "Run the gateway.");
        command.SetAction(_ => ExitCode.Done);
        return command;
    }
}
