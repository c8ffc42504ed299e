using System.Text.Json;
using System.Text.Json.Serialization;

namespace Afterimage.Bench;

/// <summary>One figure of a benchmark, in the form of DESIGN.md section 5.</summary>
/// <param name="Measure">What is measured, for example <c>index search 10000 exact</c>.</param>
/// <param name="Unit">Unit of <paramref name="Ours"/> and <paramref name="Peer"/>.</param>
/// <param name="Ours">Our figure.</param>
/// <param name="Peer">The peer's figure in the same run; null where there is no peer or it is not installed.</param>
/// <param name="Better"><c>lower</c> or <c>higher</c>.</param>
/// <param name="Aim">Bound on the ratio ours / peer, or on ours where there is no peer.</param>
internal sealed record Measurement(string Measure, string Unit, double Ours, double? Peer, string Better, double? Aim)
{
    public double? Ratio => Peer is > 0 ? Ours / Peer : null;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Prints one figure: a JSON line, or a line for people.</summary>
    public void Print(bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { measure = Measure, unit = Unit, ours = Ours, peer = Peer, ratio = Ratio, better = Better, aim = Aim }, Json));
            return;
        }

        double judged = Ratio ?? Ours;
        string met = Aim is not { } aim ? "" : (Better == "lower" ? judged <= aim : judged >= aim) ? "  met" : "  MISSED";
        string sign = Better == "lower" ? "<=" : ">=";
        Console.WriteLine($"{Measure,-56} {Ours,12:0.#####} {Unit,-8} peer {(Peer is { } p ? p.ToString("0.###") : "-"),12}  ratio {(Ratio is { } r ? r.ToString("0.00") : "-"),6}"
            + (Aim is { } a ? $"  aim {sign} {a:0.###}{met}" : ""));
    }
}
