namespace Afterimage.Commands.Replay;

/// <summary>What a replay has seen of one kind of answer.</summary>
internal sealed class ReplayCounts
{
    public long Requests { get; private set; }

    public long Images { get; private set; }

    /// <summary>Seconds that the origin took, or would have taken, for them.</summary>
    public double OriginSeconds { get; private set; }

    public void Add(TraceRow row)
    {
        Requests++;
        Images += row.Images;
        OriginSeconds += row.OriginSeconds;
    }
}
