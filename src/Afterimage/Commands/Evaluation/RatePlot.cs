using System.Globalization;
using System.Security;
using System.Text;
using Afterimage.Matching.Evaluation;

namespace Afterimage.Commands.Evaluation;

/// <summary>Draws reuse and false reuse as SVG: left over the threshold, right against each other. One colour a policy; no scripts, no outside fonts.</summary>
internal static class RatePlot
{
    private const int Panel = 420;
    private const int Margin = 60;
    private const int PointsMax = 500;
    private static readonly string[] Colors = ["#1b6ca8", "#c8553d", "#4f7d3a", "#7b4b94", "#8a6d1d"];

    /// <summary>The right panel's false-reuse axis ends here: beyond five in a hundred nobody would serve.</summary>
    private const double FalseReuseShown = 0.05;

    public static string Draw(IReadOnlyList<(string Policy, IReadOnlyList<ThresholdPoint> Curve)> curves)
    {
        var svg = new StringBuilder();
        int width = (2 * Panel) + (3 * Margin), height = Panel + (2 * Margin) + 20;
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">""");
        svg.AppendLine("""<rect width="100%" height="100%" fill="white"/>""");
        Frame(svg, Margin, "Share of pairs over the threshold", "threshold on the probability", 1, "0.0#");
        Frame(svg, (2 * Margin) + Panel, "Reuse against false reuse", "false reuse (label 0 served)", FalseReuseShown, "0%");
        for (int i = 0; i < curves.Count; i++)
        {
            string color = Colors[i % Colors.Length];
            IReadOnlyList<ThresholdPoint> curve = Thin(curves[i].Curve);
            Line(svg, Margin, color, "", curve.Select(p => (p.Threshold, p.Reuse)));
            Line(svg, Margin, color, " stroke-dasharray=\"5 4\"", curve.Select(p => (p.Threshold, p.FalseReuse)));
            Line(svg, (2 * Margin) + Panel, color, "", curve.Where(p => p.FalseReuse <= FalseReuseShown).Select(p => (p.FalseReuse / FalseReuseShown, p.Reuse)));
            int x = Margin + (i * 150);
            svg.AppendLine($"""<rect x="{x}" y="{height - 22}" width="14" height="4" fill="{color}"/><text x="{x + 20}" y="{height - 16}">{SecurityElement.Escape(curves[i].Policy)}</text>""");
        }

        svg.AppendLine($"""<text x="{(2 * Margin) + Panel}" y="{height - 16}">solid: reuse of label 1, dashed: false reuse of label 0</text>""");
        return svg.AppendLine("</svg>").ToString();
    }

    private static void Frame(StringBuilder svg, int left, string title, string axis, double end, string format)
    {
        svg.AppendLine($"""<text x="{left}" y="{Margin - 20}" font-size="14" font-weight="bold">{title}</text>""");
        svg.AppendLine($"""<text x="{left + (Panel / 2)}" y="{Margin + Panel + 36}" text-anchor="middle">{axis}</text>""");
        for (int tick = 0; tick <= 5; tick++)
        {
            int offset = tick * Panel / 5;
            string along = (end * tick / 5).ToString(format, CultureInfo.InvariantCulture);
            svg.AppendLine($"""<path d="M{left + offset} {Margin}v{Panel}M{left} {Margin + offset}h{Panel}" stroke="#dddddd"/>""");
            svg.AppendLine($"""<text x="{left + offset}" y="{Margin + Panel + 16}" text-anchor="middle">{along}</text>""");
            svg.AppendLine($"""<text x="{left - 6}" y="{Margin + Panel - offset + 4}" text-anchor="end">{tick * 20}%</text>""");
        }

        svg.AppendLine($"""<rect x="{left}" y="{Margin}" width="{Panel}" height="{Panel}" fill="none" stroke="#555555"/>""");
    }

    private static void Line(StringBuilder svg, int left, string color, string style, IEnumerable<(double X, double Y)> points)
    {
        string path = string.Join(' ', points.Select(p => string.Create(
            CultureInfo.InvariantCulture, $"{left + (p.X * Panel):0.#},{Margin + Panel - (p.Y * Panel):0.#}")));
        svg.AppendLine($"""<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.8"{style}/>""");
    }

    private static List<ThresholdPoint> Thin(IReadOnlyList<ThresholdPoint> curve)
    {
        int step = Math.Max(1, curve.Count / PointsMax);
        return [.. curve.Where((_, i) => i % step == 0 || i == curve.Count - 1)];
    }
}
