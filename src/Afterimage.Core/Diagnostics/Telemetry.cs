using System.Diagnostics.Metrics;

namespace Afterimage.Diagnostics;

/// <summary>The one meter that all rooms publish to; the program turns it into Prometheus text.</summary>
public static class Telemetry
{
    public const string MeterName = "Afterimage";

    public static Meter Meter { get; } = new(MeterName, "1.0");
}
