using System.Collections.Concurrent;
using Amazon.S3;

namespace Afterimage.Cloud.S3;

/// <summary>
/// Clients for buckets that images are adopted from, one for each endpoint and region; credentials from the usual AWS chain.
/// </summary>
internal sealed class S3SourceClients : IDisposable
{
    private readonly ConcurrentDictionary<(string Endpoint, string Region), AmazonS3Client> _clients = new();

    /// <param name="endpoint">Service address; empty for AWS itself or <c>AWS_ENDPOINT_URL_S3</c>.</param>
    /// <param name="region">Region to sign for; empty for the environment's, else <c>auto</c> with an endpoint and <c>us-east-1</c> without.</param>
    public IAmazonS3 Get(string endpoint, string region) => _clients.GetOrAdd((endpoint, region), static key => Create(key.Endpoint, key.Region));

    public void Dispose()
    {
        foreach (AmazonS3Client client in _clients.Values)
        {
            client.Dispose();
        }
    }

    private static AmazonS3Client Create(string endpoint, string region)
    {
        endpoint = endpoint.Length > 0 ? endpoint : Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL_S3") ?? Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL") ?? "";
        return S3Connection.Connect(new S3StoreOptions
        {
            Bucket = "",
            ServiceUrl = endpoint.Length > 0 ? endpoint : null,
            Region = region.Length > 0 ? region : Environment.GetEnvironmentVariable("AWS_REGION") ?? (endpoint.Length > 0 ? "auto" : "us-east-1"),
            RetriesMax = 2,
            RequestTimeout = TimeSpan.FromSeconds(60),
        });
    }
}
