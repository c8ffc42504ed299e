using System.Diagnostics.Metrics;
using Afterimage.Diagnostics;
using Amazon.Runtime;
using Polly.CircuitBreaker;

namespace Afterimage.Cloud.S3;

/// <summary>Instruments of the bucket store.</summary>
internal static class S3Meters
{
    public static readonly Counter<long> Fetches = Telemetry.Meter.CreateCounter<long>("afterimage.store.s3.fetches", "{entry}", "Lookups that asked the bucket, by result.");
    public static readonly Counter<long> Faults = Telemetry.Meter.CreateCounter<long>("afterimage.store.s3.faults", "{fault}", "Requests to the bucket that failed, by operation and reason.");
    public static readonly Counter<long> Damaged = Telemetry.Meter.CreateCounter<long>("afterimage.store.s3.damaged", "{entry}", "Objects that are not entries that can be served, by fault.");

    public static void CountFault(string operation, Exception exception) => Faults.Add(
        1,
        KeyValuePair.Create<string, object?>("operation", operation),
        KeyValuePair.Create<string, object?>("reason", exception switch
        {
            BrokenCircuitException => "left alone",
            AmazonServiceException service => service.ErrorCode ?? service.StatusCode.ToString(),
            _ => exception.GetType().Name,
        }));

    public static void CountFetch(string result) => Fetches.Add(1, KeyValuePair.Create<string, object?>("result", result));
}
