using Afterimage.Entries;
using Amazon.Runtime;
using Amazon.S3.Model;

namespace Afterimage.Cloud.S3;

/// <summary>Reads in-place images from their bucket: what the gateway serves where a backfill only referenced them.</summary>
internal sealed class S3LocationReader(S3SourceClients clients) : ILocationReader
{
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(string location, long lengthMax, CancellationToken cancellationToken)
    {
        if (S3Location.TryParse(location, escaped: true) is not { } place)
        {
            return null;
        }

        try
        {
            using GetObjectResponse response = await clients.Get(place.Endpoint, place.Region)
                .GetObjectAsync(new GetObjectRequest { BucketName = place.Bucket, Key = place.Key }, cancellationToken);
            if (response.ContentLength > Math.Min(lengthMax, Array.MaxLength))
            {
                return null;
            }

            var bytes = new byte[response.ContentLength];
            await response.ResponseStream.ReadExactlyAsync(bytes, cancellationToken);
            return bytes;
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
