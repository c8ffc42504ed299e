using Afterimage.Images;
using Afterimage.Requests;

namespace Afterimage.Caching;

/// <summary>How a picture's pixel size is compared with the size asked.</summary>
public enum SizeCheck
{
    /// <summary>Any size is admitted.</summary>
    Off,

    /// <summary>The same aspect ratio (within 2 %), since some services scale down to a model's pixel budget.</summary>
    Aspect,

    /// <summary>Exactly the size asked.</summary>
    Exact,
}

/// <summary>The check between an origin's answer and an entry: what is not surely a good picture of this request is not stored.</summary>
public sealed class AdmissionRules
{
    private const double AspectTolerance = 0.02;

    private static readonly HashSet<string> HarmlessVary = new(StringComparer.OrdinalIgnoreCase) { "Accept-Encoding", "Origin" };

    /// <summary>The largest image that is kept, in bytes.</summary>
    public int BytesMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>The smallest, in bytes; smaller ones are broken or blank.</summary>
    public int BytesMin { get; init; } = 64;

    public SizeCheck SizeCheck { get; init; } = SizeCheck.Exact;

    /// <summary>Content hashes of placeholder pictures that must never be stored.</summary>
    public IReadOnlySet<Hash256> Denied { get; init; } = new HashSet<Hash256>();

    /// <summary>What can be said before the body has come.</summary>
    public AdmissionOutcome JudgeHead(OriginAnswer answer)
    {
        if (answer.Status != 200)
        {
            return AdmissionOutcome.Status;
        }

        if (answer.Header("X-Error-Type") is not null
            || answer.Header("finish-reason") is { } reason && !reason.Equals("SUCCESS", StringComparison.OrdinalIgnoreCase))
        {
            return AdmissionOutcome.ErrorImage;
        }

        foreach ((string name, string value) in answer.Headers)
        {
            if (name.Equals("Cache-Control", StringComparison.OrdinalIgnoreCase) && ForbidsSharing(value))
            {
                return AdmissionOutcome.NotStorable;
            }

            if (name.Equals("Vary", StringComparison.OrdinalIgnoreCase)
                && value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Any(v => !HarmlessVary.Contains(v)))
            {
                return AdmissionOutcome.Varies;
            }
        }

        return answer.Length > BytesMax ? AdmissionOutcome.TooLarge : AdmissionOutcome.Admitted;
    }

    /// <summary>What the bytes say. Their length has been compared with Content-Length before.</summary>
    public AdmissionOutcome JudgeBody(ImageRequest request, ReadOnlySpan<byte> body, out ImageReport report)
    {
        report = default;
        if (body.Length > BytesMax)
        {
            return AdmissionOutcome.TooLarge;
        }

        if (body.Length < Math.Max(1, BytesMin))
        {
            return AdmissionOutcome.TooSmall;
        }

        report = ImageInspector.Inspect(body);
        return report.Defect switch
        {
            ImageDefect.None => FitsSize(request, report)
                ? Denied.Count > 0 && Denied.Contains(Hash256.Of(body)) ? AdmissionOutcome.Denied : AdmissionOutcome.Admitted
                : AdmissionOutcome.WrongSize,
            ImageDefect.UnknownFormat or ImageDefect.Empty => AdmissionOutcome.NotAnImage,
            _ => AdmissionOutcome.Damaged,
        };
    }

    private bool FitsSize(ImageRequest request, ImageReport report)
    {
        if (SizeCheck == SizeCheck.Off || request.Width <= 0 || request.Height <= 0)
        {
            return true;
        }

        if (SizeCheck == SizeCheck.Exact)
        {
            return report.Width == request.Width && report.Height == request.Height;
        }

        double asked = (double)request.Width / request.Height;
        double got = (double)report.Width / report.Height;
        return Math.Abs(got / asked - 1) <= AspectTolerance;
    }

    private static bool ForbidsSharing(string cacheControl)
    {
        foreach (string directive in cacheControl.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string name = directive.Split('=', 2)[0].TrimEnd();
            if (name.Equals("no-store", StringComparison.OrdinalIgnoreCase) || name.Equals("private", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
