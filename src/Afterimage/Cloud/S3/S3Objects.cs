using System.Net;
using System.Runtime.CompilerServices;
using System.Xml;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Afterimage.Cloud.S3;

/// <summary>
/// A bucket as a program wants to see it: answers instead of exceptions, one breaker for all of it. Retries are the SDK's; the breaker and the time bounds are
/// Polly's: a read, which somebody may wait for, must begin to be answered soon, and everything has to end. Thread-safe.
/// </summary>
internal sealed class S3Objects : IDisposable
{
    private const int BreakGrowthMax = 8;

    private readonly IAmazonS3 _client;
    private readonly S3StoreOptions _options;
    private readonly ResiliencePipeline _pipeline;
    private readonly ResiliencePipeline _answer;

    public S3Objects(S3StoreOptions options, IAmazonS3 client, TimeProvider clock)
    {
        _client = client;
        _options = options;

        // Silence is dearer than a refusal: each request that meets it waits. Two in a row are enough.
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddCircuitBreaker(Breaker(options, requests: 4, IsOutage))
            .AddCircuitBreaker(Breaker(options, requests: 2, e => e is TimeoutRejectedException))
            .AddTimeout(options.RequestTimeout * (options.RetriesMax + 1))
            .Build();
        _answer = new ResiliencePipelineBuilder { TimeProvider = clock }.AddTimeout(options.AnswerTimeout).Build();
    }

    /// <summary>Reads an object, or its first bytes where <paramref name="prefixLength"/> is set.</summary>
    public async ValueTask<S3Content> GetAsync(
        string name, int? prefixLength, CancellationToken cancellationToken, long bytesMax = long.MaxValue)
    {
        byte[] bytes = [];
        string? tag = null;
        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        S3Answer answer = await AskAsync(
            "get",
            async cancel =>
            {
                var request = new GetObjectRequest { BucketName = _options.Bucket, Key = name };
                if (prefixLength is { } length)
                {
                    request.ByteRange = new ByteRange(0, length - 1);
                }

                using GetObjectResponse response = await _answer.ExecuteAsync(async soon => await _client.GetObjectAsync(request, soon), cancel);
                if (response.ContentLength > Math.Min(bytesMax, _options.EntryBytesMax))
                {
                    return S3Answer.TooLarge;
                }

                bytes = GC.AllocateUninitializedArray<byte>((int)response.ContentLength);
                await response.ResponseStream.ReadExactlyAsync(bytes, cancel);
                tag = response.ETag;
                foreach (string key in response.Metadata.Keys)
                {
                    metadata[key] = response.Metadata[key];
                }

                return S3Answer.Done;
            },
            cancellationToken);
        return new S3Content(answer, bytes, metadata, tag);
    }

    /// <summary>Whether the object is there.</summary>
    public ValueTask<S3Answer> HeadAsync(string name, CancellationToken cancellationToken) => AskAsync(
        "head",
        async cancel =>
        {
            await _answer.ExecuteAsync(
                async soon => await _client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = _options.Bucket, Key = name }, soon), cancel);
            return S3Answer.Done;
        },
        cancellationToken);

    /// <summary>Writes an object; <see cref="S3Answer.Conflict"/> where <paramref name="when"/> does not hold. Servers that know no conditions write in any case.</summary>
    public ValueTask<S3Answer> PutAsync(string name, byte[] bytes, string contentType, S3Condition when, CancellationToken cancellationToken) => AskAsync(
        "put",
        async cancel =>
        {
            using var body = new MemoryStream(bytes, writable: false);
            await _client.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = _options.Bucket,
                    Key = name,
                    InputStream = body,
                    AutoCloseStream = false,
                    ContentType = contentType,
                    UseChunkEncoding = false,
                    IfNoneMatch = when.IsMissing ? "*" : null,
                    IfMatch = when.Tag,
                },
                cancel);
            return S3Answer.Done;
        },
        cancellationToken);

    public ValueTask<S3Answer> DeleteAsync(string name, CancellationToken cancellationToken) => AskAsync(
        "delete",
        async cancel =>
        {
            await _client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = _options.Bucket, Key = name }, cancel);
            return S3Answer.Done;
        },
        cancellationToken);

    /// <summary>Names and lengths of all objects below a prefix. Ends early, with <see cref="IOException"/>, where the bucket cannot be listed.</summary>
    public async IAsyncEnumerable<(string Name, long Length)> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? token = null;
        do
        {
            ListObjectsV2Response? page = null;
            S3Answer answer = await AskAsync(
                "list",
                async cancel =>
                {
                    page = await _client.ListObjectsV2Async(
                        new ListObjectsV2Request { BucketName = _options.Bucket, Prefix = prefix, ContinuationToken = token },
                        cancel);
                    return S3Answer.Done;
                },
                cancellationToken);
            if (answer != S3Answer.Done)
            {
                throw new IOException($"bucket {_options.Bucket} cannot be listed");
            }

            foreach (S3Object found in page!.S3Objects ?? [])
            {
                yield return (found.Key, found.Size ?? 0);
            }

            token = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (token is not null);
    }

    public void Dispose() => _client.Dispose();

    private static CircuitBreakerStrategyOptions Breaker(S3StoreOptions options, int requests, Func<Exception, bool> isFault) => new()
    {
        FailureRatio = 0.5,
        MinimumThroughput = requests,
        SamplingDuration = TimeSpan.FromSeconds(10),

        // Each attempt at a bucket that is still away costs somebody a wait: they become rarer.
        BreakDurationGenerator = args => ValueTask.FromResult(options.BreakDuration * Math.Min(BreakGrowthMax, 1 << Math.Min(10, args.HalfOpenAttempts))),
        ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is { } e && isFault(e)),
    };

    private async ValueTask<S3Answer> AskAsync(
        string operation, Func<CancellationToken, ValueTask<S3Answer>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await _pipeline.ExecuteAsync(ask, cancellationToken);
        }
        catch (AmazonServiceException e) when (!IsOutage(e))
        {
            return Meaning(e, operation);
        }
        catch (Exception e) when (IsOutage(e) || e is BrokenCircuitException or AmazonClientException or FormatException or XmlException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            S3Meters.CountFault(operation, e);
            return S3Answer.Unavailable;
        }
    }

    private static S3Answer Meaning(AmazonServiceException e, string operation)
    {
        switch (e.StatusCode)
        {
            case HttpStatusCode.NotFound when e.ErrorCode is not "NoSuchBucket":
                return S3Answer.Missing;
            case HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict:
                return S3Answer.Conflict;
            case HttpStatusCode.NotImplemented:
                return S3Answer.Unsupported;
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                // An empty object: shorter than any entry.
                return S3Answer.Done;
            case HttpStatusCode.RequestEntityTooLarge:
                return S3Answer.TooLarge;
            default:
                S3Meters.CountFault(operation, e);
                return S3Answer.Unavailable;
        }
    }

    /// <summary>What waiting may cure. A refusal (403, no such bucket) is not: it must not open the breaker for one bad request, nor be retried.</summary>
    private static bool IsOutage(Exception e) => e switch
    {
        AmazonServiceException service => (int)service.StatusCode is 0 or 408 or 429 or >= 500 and not 501
            || service.ErrorCode is "SlowDown" or "RequestTimeout" or "Throttling" or "ThrottlingException",
        HttpRequestException or IOException or TimeoutRejectedException => true,

        // The SDK's own time-out; a cancellation by the caller is passed on by the pipeline as such.
        TaskCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };
}
