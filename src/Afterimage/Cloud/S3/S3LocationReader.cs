using Afterimage.Entries;

namespace Afterimage.Cloud.S3;

/// <summary>Reads in-place images from their bucket: what the gateway serves where a backfill only referenced them.</summary>
internal sealed class S3LocationReader(S3Clients clients) : ILocationReader
{
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(string location, long lengthMax, CancellationToken cancellationToken)
    {
        if (S3Location.TryParse(location, escaped: true) is not { } place)
        {
            return null;
        }

        (S3Answer answer, byte[] bytes, _, _) = await clients.Bucket(place).GetAsync(place.Key, null, cancellationToken, lengthMax);
        cancellationToken.ThrowIfCancellationRequested();

        // In one expression, null would become empty memory.
        if (answer != S3Answer.Done)
        {
            return null;
        }

        return bytes;
    }
}
