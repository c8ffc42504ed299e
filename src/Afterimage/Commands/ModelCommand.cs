using System.CommandLine;
using Afterimage.Commands.Models;

namespace Afterimage.Commands;

/// <summary><c>afterimage model</c>: the text encoders on this machine.</summary>
internal static class ModelCommand
{
    public static Command Create() => new("model", "List, fetch, verify and try text encoders.")
    {
        ModelListCommand.Create(),
        ModelPullCommand.Create(),
        ModelVerifyCommand.Create(),
        ModelEmbedCommand.Create(),
    };
}
