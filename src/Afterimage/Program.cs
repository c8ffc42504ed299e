using System.CommandLine;
using Afterimage.Commands;
using Afterimage.Gateway;

InlineSockets.Enable();
var root = new RootCommand("Afterimage: a semantic cache for AI-generated images.")
{
    ServeCommand.Create(),
    DemoCommand.Create(),
    PurgeCommand.Create(),
    StatsCommand.Create(),
    EvalCommand.Create(),
    ExplainCommand.Create(),
    ReplayCommand.Create(),
    BackfillCommand.Create(),
    ModelCommand.Create(),
    PlanCommand.Create(),
};

ParseResult parsed = root.Parse(args);

// The library would end the process two seconds after SIGTERM, whatever is still being finished; the drain bounds itself.
int exit = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = GatewayHost.ShutdownTime });

// The parser's own errors are wrong usage, not failures.
return parsed.Errors.Count > 0 ? ExitCode.WrongUsage : exit;
