using System.Net;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace Afterimage.Cloud.S3;

/// <summary>
/// Makes S3 clients that every compatible server understands: plain bodies with a real hash (the SDK's default chunked bodies with trailing checksums are
/// refused by R2 and older MinIO), path style, no Expect: 100-continue round trip.
/// </summary>
internal static class S3Connection
{
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
