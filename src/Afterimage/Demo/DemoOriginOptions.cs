namespace Afterimage.Demo;

/// <summary>How the demo origin behaves.</summary>
internal sealed record DemoOriginOptions
{
    /// <summary>How long a picture takes, from request to last byte. Long enough to tell a reused picture from a new one without a clock.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(2.5);

    /// <summary>Pictures drawn at the same time; more wait. Each needs about 24 bytes a pixel.</summary>
    public int ConcurrencyMax { get; init; } = Math.Max(2, Environment.ProcessorCount);
}
