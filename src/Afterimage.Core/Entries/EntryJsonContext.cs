using System.Text.Json.Serialization;

namespace Afterimage.Entries;

/// <summary>Source-generated (de)serialisation: no reflection, small start-up, usable ahead of time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(EntryHeaderJson))]
[JsonSerializable(typeof(Guid[]))]
internal sealed partial class EntryJsonContext : JsonSerializerContext;
