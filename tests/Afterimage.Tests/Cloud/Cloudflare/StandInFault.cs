namespace Afterimage.Tests.Cloud.Cloudflare;

/// <summary>An answer that is not success, as Cloudflare words it.</summary>
internal sealed class StandInFault(int status, int code, string message, int? retryAfterSeconds = null) : Exception(message)
{
    public int Status => status;

    public int Code => code;

    public int? RetryAfterSeconds => retryAfterSeconds;
}
