using Afterimage.Requests;

namespace Afterimage.Commands.Replay;

/// <summary>One request of a log.</summary>
/// <param name="Number">Its line or sequence number, to find it again.</param>
/// <param name="Request">What was asked, with the seed as the log has it; null for a request that is never cached (a random seed, a private picture).</param>
/// <param name="SeedMayBeDrawn">The log always has a seed, whether the client named it or the service drew it.</param>
/// <param name="OriginSeconds">What the origin took; 0 where the log does not say.</param>
/// <param name="Images">Pictures asked for at once.</param>
internal sealed record TraceRow(long Number, ImageRequest? Request, bool SeedMayBeDrawn, double OriginSeconds, int Images);
