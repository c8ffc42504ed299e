namespace Afterimage.Entries;

/// <summary>Why an entry left the store.</summary>
internal enum RemovalReason
{
    Deleted,
    Evicted,
    Expired,
    Damaged,
}
