using Afterimage.Entries;

namespace Afterimage.Gateway;

/// <summary>What a known line names. The same target twice is equal. Thread-safe.</summary>
internal interface IKnownTarget
{
    /// <summary>Answers what can be answered at once; false where <see cref="OpenAsync"/> is to be asked.</summary>
    bool TryAnswer(in KnownRequest request, out KnownAnswer answer);

    /// <summary>Answers what has to be opened first; null where Kestrel is to answer. Throws <see cref="IOException"/> where the store fails.</summary>
    ValueTask<KnownAnswer?> OpenAsync(KnownRequest request, CancellationToken cancellationToken);

    /// <summary>Counts and logs an answer that is being sent.</summary>
    void Account(in KnownAnswer answer);
}

/// <summary>The answer to a recognised request.</summary>
/// <param name="Head">Status line and fields.</param>
/// <param name="Content">What follows them; null for nothing.</param>
/// <param name="Entry">Where it is from, to be disposed when it is sent; null where nothing is open for it.</param>
internal readonly record struct KnownAnswer(HitHead Head, IStoredContent? Content, OpenEntry? Entry)
{
    public long Bytes => Content?.Length ?? 0;
}
