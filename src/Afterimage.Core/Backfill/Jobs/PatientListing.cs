using System.Runtime.CompilerServices;
using Afterimage.Backfill.Sources;

namespace Afterimage.Backfill.Jobs;

/// <summary>A source's listing, in which a passing fault is waited out: it goes on behind the last key.</summary>
internal static class PatientListing
{
    public static async IAsyncEnumerable<SourceImage> ListAsync(
        IImageSource source, string? after, BackfillOptions options, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int attempt = 1;
        while (true)
        {
            await using IAsyncEnumerator<SourceImage> listing = source.ListAsync(after, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await TryNextAsync(listing, attempt < options.Attempts) is { } more)
            {
                if (!more)
                {
                    yield break;
                }

                attempt = 1;
                after = listing.Current.Key;
                yield return listing.Current;
            }

            await Task.Delay(options.Backoff * (1 << (attempt - 1)), time, cancellationToken);
            attempt++;
        }
    }

    /// <summary>Null after a fault that is worth another attempt.</summary>
    private static async ValueTask<bool?> TryNextAsync(IAsyncEnumerator<SourceImage> listing, bool again)
    {
        try
        {
            return await listing.MoveNextAsync();
        }
        catch (SourceException e) when (e.IsTransient && again)
        {
            return null;
        }
    }
}
