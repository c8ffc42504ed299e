using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Afterimage.Matching;
using Afterimage.Text;
using MatcherPolicy = Afterimage.Matching.MatcherPolicy;

namespace Afterimage.Commands;

/// <summary><c>afterimage explain</c>: what the matcher says of two prompts, or of every row of a file of pairs.</summary>
internal static class ExplainCommand
{
    private const int RowsPerRun = 512;

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var prompts = new Argument<string[]>("PROMPTS")
        {
            Description = "The prompt that is asked, and the one whose picture is stored.",
            Arity = new ArgumentArity(0, 2),
        };
        var pairs = new Option<string?>("--pairs") { Description = "Judge every row of a tab-separated file with a header that names columns a and b." };
        var maxFalseReuse = new Option<double>("--max-false-reuse")
        {
            Description = "The share of wrong servings that the operator accepts, above 0 and below 1.",
            DefaultValueFactory = _ => 0.01,
        };
        var json = new Option<bool>("--json") { Description = "One JSON line per pair: the row's columns, similarity, probability, verdict, reasons." };
        var command = new Command("explain", "Say whether one prompt's picture may be served for another, and why.") { prompts, pairs, maxFalseReuse, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(prompts) ?? [], parsed.GetValue(pairs), parsed.GetValue(maxFalseReuse), parsed.GetValue(json),
            parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    internal static async Task<int> RunAsync(
        string[] prompts, string? pairs, double maxFalseReuse, bool json, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        if (maxFalseReuse is not (> 0 and < 1))
        {
            error.WriteLine($"--max-false-reuse is {maxFalseReuse}; it must be above 0 and below 1");
            return ExitCode.WrongUsage;
        }

        if (pairs is null ? prompts.Length != 2 : prompts.Length != 0)
        {
            error.WriteLine("give two prompts, or --pairs FILE");
            return ExitCode.WrongUsage;
        }

        var embedder = new BuiltInEmbedder();
        var matcher = new MatcherPolicy(new MatcherOptions { MaxFalseReuse = maxFalseReuse, SpaceId = embedder.Space.Id });
        try
        {
            string[] columns = ["a", "b"];
            IEnumerable<string[]> rows = pairs is null ? [prompts] : ReadRows(pairs, out columns);
            int a = Array.IndexOf(columns, "a");
            int b = Array.IndexOf(columns, "b");
            foreach (string[][] chunk in rows.Chunk(RowsPerRun))
            {
                if (await SimilaritiesAsync(embedder, chunk, a, b, cancellationToken) is not { } similarities)
                {
                    error.WriteLine("the embedder did not answer");
                    return ExitCode.Failed;
                }

                Verdict[] verdicts = [.. chunk.Zip(similarities).AsParallel().AsOrdered().WithCancellation(cancellationToken)
                    .Select(p => matcher.Judge(PromptReading.Of(p.First[a]), PromptReading.Of(p.First[b]), p.Second))];
                for (int i = 0; i < chunk.Length; i++)
                {
                    Print(output, columns, chunk[i], similarities[i], verdicts[i], json);
                }
            }

            return ExitCode.Done;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine(e.Message);
            return ExitCode.Failed;
        }
    }

    private static IEnumerable<string[]> ReadRows(string path, out string[] columns)
    {
        string[] lines = File.ReadAllLines(path);
        string[] names = lines.Length == 0 ? [] : lines[0].TrimEnd('\r').Split('\t');
        if (!names.Contains("a") || !names.Contains("b"))
        {
            throw new InvalidDataException($"{path}: the first line must name the columns a and b");
        }

        columns = names;
        return lines.Skip(1).Where(line => line.Length > 0).Select((line, i) =>
        {
            string[] fields = line.TrimEnd('\r').Split('\t');
            return fields.Length == names.Length
                ? fields
                : throw new InvalidDataException($"{path}, line {i + 2}: {fields.Length} columns, the first line has {names.Length}");
        });
    }

    private static async Task<float[]?> SimilaritiesAsync(BuiltInEmbedder embedder, string[][] rows, int a, int b, CancellationToken cancellationToken)
    {
        int dimensions = embedder.Space.Dimensions;
        string[] texts = [.. rows.Select(r => r[a]), .. rows.Select(r => r[b])];
        float[] vectors = new float[texts.Length * dimensions];
        if (await embedder.EmbedAsync(texts, vectors, cancellationToken) != EmbedOutcome.Embedded)
        {
            return null;
        }

        float[] similarities = new float[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            ReadOnlySpan<float> x = vectors.AsSpan(i * dimensions, dimensions);
            ReadOnlySpan<float> y = vectors.AsSpan((rows.Length + i) * dimensions, dimensions);
            for (int k = 0; k < dimensions; k++)
            {
                similarities[i] += x[k] * y[k];
            }
        }

        return similarities;
    }

    private static void Print(TextWriter output, string[] columns, string[] row, float similarity, Verdict verdict, bool json)
    {
        string decision = verdict.Decision == Decision.Reuse ? "reuse" : "reject";
        if (json)
        {
            var line = new Dictionary<string, object>();
            for (int i = 0; i < columns.Length; i++)
            {
                line[columns[i]] = row[i];
            }

            line["similarity"] = Math.Round(similarity, 4);
            line["probability"] = Math.Round(verdict.Probability, 6);
            line["verdict"] = decision;
            line["reasons"] = verdict.Reasons;
            output.WriteLine(JsonSerializer.Serialize(line, Json));
            return;
        }

        output.WriteLine($"{decision}   probability {verdict.Probability:0.000}   similarity {similarity:0.000}");
        foreach (string reason in verdict.Reasons)
        {
            output.WriteLine($"  {reason}");
        }
    }
}
