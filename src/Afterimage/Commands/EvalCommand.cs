using System.CommandLine;
using Afterimage.Commands.Evaluation;
using Afterimage.Matching;
using Afterimage.Matching.Evaluation;
using Afterimage.Text;

namespace Afterimage.Commands;

/// <summary><c>afterimage eval</c>: labelled pairs in, rates by category with their intervals out, policies side by side.</summary>
internal static class EvalCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "Tab-separated files with a header: label (1 may be served, 0 may not, empty undecided), a, b, and where known category and score.",
            Arity = ArgumentArity.OneOrMore,
        };
        var policy = new Option<string>("--policy")
        {
            Description = $"Policies to compare, separated by commas: {string.Join(", ", PolicyCatalog.Names)}.",
            DefaultValueFactory = _ => PolicyCatalog.Names[0],
        };
        var maxFalseReuse = new Option<double>("--max-false-reuse")
        {
            Description = "The share of wrong servings that the operator accepts, above 0 and below 1.",
            DefaultValueFactory = _ => 0.01,
        };
        var json = new Option<bool>("--json") { Description = "One JSON line per report." };
        var plot = new Option<string?>("--plot") { Description = "Draw reuse and false reuse over the threshold into this SVG file." };
        var command = new Command("eval", "Measure match policies on labelled pairs of prompts.") { files, policy, maxFalseReuse, json, plot };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(files)!, parsed.GetValue(policy)!, parsed.GetValue(maxFalseReuse), parsed.GetValue(json), parsed.GetValue(plot),
            parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    internal static async Task<int> RunAsync(
        string[] files, string policyNames, double maxFalseReuse, bool json, string? plot, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        if (maxFalseReuse is not (> 0 and < 1))
        {
            error.WriteLine($"--max-false-reuse is {maxFalseReuse}; it must be above 0 and below 1");
            return ExitCode.WrongUsage;
        }

        var embedder = new BuiltInEmbedder();
        if (PolicyCatalog.Parse(policyNames, maxFalseReuse, embedder.Space.Id, out string? wrong) is not { } policies)
        {
            error.WriteLine($"--policy: {wrong}");
            return ExitCode.WrongUsage;
        }

        try
        {
            var tables = files.Select(f => (Name: Path.GetFileName(f), Pairs: PairTable.Read(f))).ToList();
            var curves = new List<(string, IReadOnlyList<ThresholdPoint>)>();
            foreach (IMatchPolicy policy in policies)
            {
                if (await JudgeAsync(tables, embedder, policy, cancellationToken) is not { } evaluated)
                {
                    error.WriteLine("the embedder did not answer");
                    return ExitCode.Failed;
                }

                EvaluationText.Print(output, policy.Name, evaluated, maxFalseReuse, json);
                curves.Add((policy.Name, ThresholdCurve.Of(evaluated.SelectMany(e => e.Judged))));
            }

            if (plot is not null)
            {
                await File.WriteAllTextAsync(plot, RatePlot.Draw(curves), cancellationToken);
            }

            return ExitCode.Done;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine(e.Message);
            return ExitCode.Failed;
        }
    }

    private static async Task<IReadOnlyList<EvaluatedFile>?> JudgeAsync(
        IReadOnlyList<(string Name, IReadOnlyList<LabelledPair> Pairs)> tables, ITextEmbedder embedder, IMatchPolicy policy, CancellationToken cancellationToken)
    {
        var evaluated = new List<EvaluatedFile>();
        foreach ((string name, IReadOnlyList<LabelledPair> pairs) in tables)
        {
            if (await PairJudge.JudgeAsync(pairs, embedder, policy, cancellationToken) is not { } judged)
            {
                return null;
            }

            evaluated.Add(new EvaluatedFile(policy.Name, name, judged));
        }

        return evaluated;
    }
}
