using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Afterimage.Backfill.Analysis;

namespace Afterimage.Backfill.Jobs;

/// <summary>An image that was not adopted.</summary>
/// <param name="Reason">One of a few fixed texts, for counting.</param>
/// <param name="Detail">What exactly, for a person; null where the reason says all.</param>
public sealed record BackfillFailure(string Key, string Reason, string? Detail);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BackfillJob))]
[JsonSerializable(typeof(BackfillProgress))]
[JsonSerializable(typeof(BackfillFailure))]
[JsonSerializable(typeof(BackfillStatus))]
[JsonSerializable(typeof(AnalysisReport))]
[JsonSerializable(typeof(PilotReport))]
[JsonSerializable(typeof(ValidationReport))]
[JsonSerializable(typeof(RollbackReport))]
[JsonSerializable(typeof(ReindexReport))]
internal sealed partial class BackfillJsonContext : JsonSerializerContext;

/// <summary>The JSON of job files, reports and the admin interface.</summary>
public static class BackfillJson
{
    private static readonly BackfillJsonContext Lines = new(new JsonSerializerOptions(BackfillJsonContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static string Write<T>(T value) => JsonSerializer.Serialize(value!, Lines.GetTypeInfo(typeof(T))!);

    /// <summary>Null where the text is not such an object, for example a line cut off by a crash.</summary>
    public static T? TryRead<T>(ReadOnlySpan<byte> text)
        where T : class
    {
        try
        {
            return (T?)JsonSerializer.Deserialize(text, Lines.GetTypeInfo(typeof(T))!);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
