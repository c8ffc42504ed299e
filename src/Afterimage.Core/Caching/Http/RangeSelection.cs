namespace Afterimage.Caching.Http;

/// <summary>What a stored response has to say to one range.</summary>
public enum RangeOutcome
{
    /// <summary>These bytes are here.</summary>
    Held,

    /// <summary>The representation has no such bytes: 416.</summary>
    Unsatisfiable,

    /// <summary>They are not in the stored part; ask the origin.</summary>
    NotHeld,
}

/// <summary>The bytes of a stored body that answer a range.</summary>
/// <param name="Outcome">Whether they are here.</param>
/// <param name="Offset">Where they start in the stored body.</param>
/// <param name="Range">What they are of the representation.</param>
public readonly record struct RangeSelection(RangeOutcome Outcome, long Offset, ContentRange Range)
{
    public static RangeSelection Of(StoredResponse stored, RangeSpec spec) =>
        stored.Range is { } part ? OfPart(stored, part, spec) : OfWhole(stored.Body.Length, spec);

    private static RangeSelection OfWhole(long length, RangeSpec spec) =>
        spec.Resolve(length) is var (first, last)
            ? new RangeSelection(RangeOutcome.Held, first, new ContentRange(first, last, length))
            : new RangeSelection(RangeOutcome.Unsatisfiable, 0, default);

    /// <summary>
    /// Of a stored 206 only what its bytes really cover: <see cref="ContentRange.First"/> says where they start, their count where they end, even if the
    /// origin's <c>Content-Range</c> promised more.
    /// </summary>
    private static RangeSelection OfPart(StoredResponse stored, ContentRange part, RangeSpec spec)
    {
        var notHeld = new RangeSelection(RangeOutcome.NotHeld, 0, default);
        long held = stored.Body.Length;
        bool reachesEnd = part.CompleteLength is { } complete && part.Last == complete - 1;
        if (spec.IsSuffix)
        {
            long wanted = spec.Last ?? 0;
            return reachesEnd && wanted > 0 && wanted <= held
                ? new RangeSelection(RangeOutcome.Held, held - wanted, new ContentRange(part.Last - wanted + 1, part.Last, part.CompleteLength))
                : notHeld;
        }

        long first = spec.First ?? 0;
        long heldLast = part.First + held - 1;
        long? last = spec.Last is { } given && part.CompleteLength is { } length ? Math.Min(given, length - 1) : spec.Last;
        last ??= reachesEnd ? heldLast : null;
        return first >= part.First && last is { } end && end <= heldLast && first <= end
            ? new RangeSelection(RangeOutcome.Held, first - part.First, new ContentRange(first, end, part.CompleteLength))
            : notHeld;
    }
}
