using System.CommandLine;
using Afterimage.Commands;

var root = new RootCommand("Afterimage: a semantic cache for AI-generated images.")
{
    ServeCommand.Create(),
    EvalCommand.Create(),
};

return await root.Parse(args).InvokeAsync();
