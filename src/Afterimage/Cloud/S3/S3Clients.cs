using System.Collections.Concurrent;
using System.Net;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace Afterimage.Cloud.S3;

/// <summary>
/// S3 clients that every compatible server understands: plain bodies with a real hash (the SDK's default chunked bodies with trailing checksums are refused by
/// R2 and older MinIO), path style, no Expect: 100-continue round trip. An instance keeps those of buckets that images are adopted from, one for each endpoint
/// and region, for they pool connections. Credentials come from the usual AWS chain. Thread-safe.
/// </summary>
internal sealed class S3Clients : IDisposable
{
    private readonly ConcurrentDictionary<(string Endpoint, string Region), AmazonS3Client> _clients = new();
    private readonly ConcurrentDictionary<(string Endpoint, string Region, string Bucket), S3Objects> _buckets = new();

    /// <summary>The client for reading through a source, where waiting is better than an image missed.</summary>
    /// <param name="endpoint">Service address; empty for AWS itself or <c>AWS_ENDPOINT_URL_S3</c>.</param>
    /// <param name="region">Region to sign for; empty for the environment's, else <c>auto</c> with an endpoint and <c>us-east-1</c> without.</param>
    public IAmazonS3 Get(string endpoint, string region) => _clients.GetOrAdd((endpoint, region), static key => ConnectToSource(key.Endpoint, key.Region));

    /// <summary>The same bucket for hits, where nobody waits long: bounded in time, with a breaker of its own.</summary>
    public S3Objects Bucket(S3Location place) => _buckets.GetOrAdd(
        (place.Endpoint, place.Region, place.Bucket),
        key => new S3Objects(new S3StoreOptions { Bucket = key.Bucket }, Get(key.Endpoint, key.Region), TimeProvider.System));

    public void Dispose()
    {
        foreach (AmazonS3Client client in _clients.Values)
        {
            client.Dispose();
        }
    }

    /// <param name="credentials">Null for the usual AWS chain.</param>
    public static AmazonS3Client Connect(S3StoreOptions options, AWSCredentials? credentials = null)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.ForcePathStyle,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            HttpClientFactory = new PooledClientFactory(),
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = options.RetriesMax,
            Timeout = options.RequestTimeout,
        };
        if (options.ServiceUrl is { } url)
        {
            config.ServiceURL = url;
            config.AuthenticationRegion = options.Region;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        return credentials is null ? new AmazonS3Client(config) : new AmazonS3Client(credentials, config);
    }

    private static AmazonS3Client ConnectToSource(string endpoint, string region)
    {
        endpoint = endpoint.Length > 0 ? endpoint : Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL_S3") ?? Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL") ?? "";
        return Connect(new S3StoreOptions
        {
            Bucket = "",
            ServiceUrl = endpoint.Length > 0 ? endpoint : null,
            Region = region.Length > 0 ? region : Environment.GetEnvironmentVariable("AWS_REGION") ?? (endpoint.Length > 0 ? "auto" : "us-east-1"),
            RetriesMax = 2,
            RequestTimeout = TimeSpan.FromSeconds(60),
        });
    }

    private sealed class PooledClientFactory : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new SocketsHttpHandler
        {
            Expect100ContinueTimeout = TimeSpan.Zero,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            ConnectTimeout = TimeSpan.FromSeconds(3),
            AutomaticDecompression = DecompressionMethods.None,
        })
        {
            Timeout = clientConfig.Timeout ?? TimeSpan.FromSeconds(10),
        };
    }
}
