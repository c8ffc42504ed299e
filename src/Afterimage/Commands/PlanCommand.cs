using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Afterimage.Cloud.Planning;

namespace Afterimage.Commands;

/// <summary><c>afterimage plan</c>: memory, disk, request rates and monthly cost of each setup, with the formula beside each figure.</summary>
internal static class PlanCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create()
    {
        var standard = new PlanInput();
        var images = new Option<long?>("--images") { Description = $"Images kept. Default {standard.Images}." };
        var source = new Option<string?>("--source") { Description = "The JSON report of 'afterimage backfill analyze --json': takes images and their mean size from it." };
        Option<long> requests = Number("--requests", "Requests a month.", standard.Requests);
        Option<int> dimensions = Number("--dimensions", "Components of a vector.", standard.Dimensions);
        Option<double> exact = Number("--exact-share", "Share of requests answered by the exact tier, 0 to 1.", standard.ExactShare);
        Option<double> semantic = Number("--semantic-share", "Share of requests answered by the semantic tier, 0 to 1.", standard.SemanticShare);
        var imageKb = new Option<double?>("--image-kb") { Description = "Mean size of an image in kB. Default 150." };
        Option<double> peak = Number("--peak", "Requests a second at the peak, divided by the mean.", standard.PeakFactor);
        Option<int> tokens = Number("--tokens", "Tokens of a prompt.", standard.PromptTokens);
        Option<double> hot = Number("--hot-share", "Share of hits that a gateway's own memory and disk answer, 0 to 1.", standard.HotShare);
        Option<double> refresh = Number("--refresh-share", "Share of requests that force a new picture, 0 to 1.", standard.RefreshShare);
        Option<double> top = Number("--top-share", "Share of requests for the most popular picture, 0 to 1.", standard.TopShare);
        Option<int> gateways = Number("--gateways", "Gateways in the setups that allow several.", standard.Gateways);
        var prices = new Option<string?>("--prices") { Description = "A price table of your own (JSON); what it leaves out is taken from the built-in one." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("plan", "Sizes and monthly cost of each setup, from numbers or from an analysed source.")
        {
            images, source, requests, dimensions, exact, semantic, imageKb, peak, tokens, hot, refresh, top, gateways, prices, json,
        };
        command.SetAction(parsed =>
        {
            (long Images, long Bytes)? analysed;
            PriceTable table;
            try
            {
                analysed = parsed.GetValue(source) is { } report ? ReadAnalysis(report) : null;
                table = parsed.GetValue(prices) is { } path ? PriceTable.Load(path) : PriceTable.Default();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                Console.Error.WriteLine(e.Message);
                return ExitCode.Failed;
            }

            var input = new PlanInput
            {
                Images = parsed.GetValue(images) ?? analysed?.Images ?? standard.Images,
                Requests = parsed.GetValue(requests),
                Dimensions = parsed.GetValue(dimensions),
                ExactShare = parsed.GetValue(exact),
                SemanticShare = parsed.GetValue(semantic),
                ImageBytes = parsed.GetValue(imageKb) is { } kb ? (long)(kb * 1_000)
                    : analysed is { Images: > 0 } a ? Math.Max(1, a.Bytes / a.Images) : standard.ImageBytes,
                PeakFactor = parsed.GetValue(peak),
                PromptTokens = parsed.GetValue(tokens),
                HotShare = parsed.GetValue(hot),
                RefreshShare = parsed.GetValue(refresh),
                TopShare = parsed.GetValue(top),
                Gateways = parsed.GetValue(gateways),
            };
            return Print(input, table, parsed.GetValue(json), Console.Out, Console.Error);
        });
        return command;
    }

    internal static int Print(PlanInput input, PriceTable prices, bool json, TextWriter output, TextWriter errors)
    {
        IReadOnlyList<string> mistakes = input.Validate();
        if (mistakes.Count > 0)
        {
            foreach (string mistake in mistakes)
            {
                errors.WriteLine(mistake);
            }

            return ExitCode.WrongUsage;
        }

        Plan plan = Planner.Make(input, prices);
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(
                new
                {
                    prices = new { prices.Date, prices.Currency, prices.Note },
                    plan.Input,
                    plan.Load,
                    setups = plan.Setups.Select(s => new { s.Name, monthlyCost = Math.Round(s.Cost, 2), s.Lines, s.Warnings }),
                },
                Json));
            return ExitCode.Done;
        }

        PrintText(plan, output);
        return ExitCode.Done;
    }

    private static void PrintText(Plan plan, TextWriter output)
    {
        PlanInput input = plan.Input;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{input.Images:#,0} images of {input.ImageBytes:#,0} B, {input.Requests:#,0} requests a month ({plan.Load.PeakRequests:0.##}/s at the peak), {input.ExactShare:P0} exact and {input.SemanticShare:P0} semantic hits"));
        output.WriteLine($"Prices in {plan.Prices.Currency} of {plan.Prices.Date}. {plan.Prices.Note}");
        foreach (PlanSetup setup in plan.Setups)
        {
            output.WriteLine();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{setup.Name}: {setup.Cost:#,0.00} a month"));
            foreach (PlanLine line in setup.Lines)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {line.Item,-30}{line.Quantity,18}{line.Cost ?? 0,14:#,0.00}   {line.Formula}").TrimEnd());
            }

            foreach (string warning in setup.Warnings)
            {
                output.WriteLine("  Warning: " + warning);
            }
        }
    }

    private static (long Images, long Bytes) ReadAnalysis(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return (document.RootElement.GetProperty("images").GetInt64(), document.RootElement.GetProperty("bytes").GetInt64());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path} is not a report of 'backfill analyze --json' with images and bytes: {e.Message}", e);
        }
    }

    private static Option<T> Number<T>(string name, string description, T standard) where T : IFormattable =>
        new(name) { Description = string.Create(CultureInfo.InvariantCulture, $"{description} Default {standard}."), DefaultValueFactory = _ => standard };
}
