using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Afterimage.Backfill.Sources;
using Afterimage.Entries;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Afterimage.Cloud.S3;

/// <summary>The objects below a prefix of an S3-compatible bucket. Listed a thousand at a time from the cursor on; read with their user metadata in one request.</summary>
internal sealed class S3ImageSource(S3Clients clients, S3Location place, long objectBytesMax) : IImageSource
{
    private static readonly TimeSpan StallMax = TimeSpan.FromSeconds(30);

    private readonly IAmazonS3 _client = clients.Get(place.Endpoint, place.Region);

    public string Name => $"s3://{place.Bucket}/{place.Key}";

    public bool InPlaceByDefault => true;

    public async IAsyncEnumerable<SourceImage> ListAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? token = null;
        do
        {
            var request = new ListObjectsV2Request
            {
                BucketName = place.Bucket,
                Prefix = place.Key,
                StartAfter = token is null && after is not null ? place.Key + after : null,
                ContinuationToken = token,
            };
            ListObjectsV2Response page = await AskAsync(() => _client.ListObjectsV2Async(request, cancellationToken), cancellationToken)
                ?? throw new SourceException($"there is no bucket {place.Bucket}", transient: false);
            foreach (S3Object found in page.S3Objects ?? [])
            {
                string key = found.Key[Math.Min(place.Key.Length, found.Key.Length)..];
                if (FileNames.MayBeImage(key) && !IsOfStore(found))
                {
                    yield return new SourceImage(key, (place with { Key = found.Key }).ToString(), found.Size ?? 0, found.LastModified is { } time ? new DateTimeOffset(time.ToUniversalTime()) : null);
                }
            }

            token = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (token is not null);
    }

    public async ValueTask<SourceContent?> ReadAsync(SourceImage image, CancellationToken cancellationToken)
    {
        using GetObjectResponse? response = await GetAsync(place.Key + image.Key, cancellationToken);
        if (response is null)
        {
            return null;
        }

        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string name in response.Metadata.Keys)
        {
            metadata[name.StartsWith("x-amz-meta-", StringComparison.OrdinalIgnoreCase) ? name["x-amz-meta-".Length..].ToLowerInvariant() : name.ToLowerInvariant()] = response.Metadata[name];
        }

        return new SourceContent(await ReadAllAsync(response, objectBytesMax, cancellationToken), metadata);
    }

    public async ValueTask<string?> ReadSidecarAsync(SourceImage image, CancellationToken cancellationToken)
    {
        foreach (string name in FileNames.SidecarsOf(image.Key))
        {
            try
            {
                using GetObjectResponse? response = await GetAsync(place.Key + name, cancellationToken);
                if (response is { ContentLength: <= FileNames.SidecarBytesMax })
                {
                    return Encoding.UTF8.GetString(await ReadAllAsync(response, FileNames.SidecarBytesMax, cancellationToken));
                }
            }
            catch (SourceException)
            {
                // A sidecar that cannot be read is none.
            }
        }

        return null;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // A store that is moved is listed with what it keeps beside its entries.
    private static bool IsOfStore(S3Object found) =>
        StoreFiles.IsBookkeeping(Path.GetFileName(Path.GetDirectoryName(found.Key.AsSpan())), Path.GetFileName(found.Key.AsSpan()), found.Size ?? 0);

    private Task<GetObjectResponse?> GetAsync(string key, CancellationToken cancellationToken) =>
        AskAsync(() => _client.GetObjectAsync(new GetObjectRequest { BucketName = place.Bucket, Key = key }, cancellationToken), cancellationToken);

    private static async ValueTask<byte[]> ReadAllAsync(GetObjectResponse response, long bytesMax, CancellationToken cancellationToken)
    {
        if (response.ContentLength > bytesMax)
        {
            throw new SourceException($"the object has {response.ContentLength} bytes", transient: false);
        }

        // The client's time-out ends with the headers; a body that stands still would hold the job up for ever.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var bytes = new byte[response.ContentLength];
            for (int filled = 0, read; filled < bytes.Length; filled += read)
            {
                patience.CancelAfter(StallMax);
                read = await response.ResponseStream.ReadAsync(bytes.AsMemory(filled), patience.Token);
                if (read == 0)
                {
                    throw new EndOfStreamException($"the object ended after {filled} of {bytes.Length} bytes");
                }
            }

            return bytes;
        }
        catch (Exception e) when (e is IOException or HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new SourceException(e.Message, transient: true, e);
        }
    }

    private static async Task<T?> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await ask();
        }
        catch (AmazonServiceException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (AmazonServiceException e)
        {
            bool transient = (int)e.StatusCode is 0 or 408 or 429 or >= 500 and not 501 || e.ErrorCode is "SlowDown" or "Throttling";
            throw new SourceException($"{e.ErrorCode}: {e.Message}", transient, e);
        }
        catch (Exception e) when (e is AmazonClientException or HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new SourceException(e.Message, transient: true, e);
        }
    }
}
