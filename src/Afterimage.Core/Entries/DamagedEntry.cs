namespace Afterimage.Entries;

/// <summary>An entry that was refused.</summary>
/// <param name="Key">Its exact key, as its file name said.</param>
/// <param name="Fault">What was wrong, one word: <c>Truncated</c>, <c>Checksum</c>, <c>Body</c> ...</param>
/// <param name="Found">When it was met.</param>
public readonly record struct DamagedEntry(Hash256 Key, string Fault, DateTimeOffset Found);
