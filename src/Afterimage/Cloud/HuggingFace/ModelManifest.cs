using System.Text.Json;

namespace Afterimage.Cloud.HuggingFace;

/// <summary>What was pulled: written beside the files as <c>afterimage-model.json</c>, read by <c>model verify</c> and for the space id.</summary>
internal sealed record ModelManifest(string Repository, string Commit, IReadOnlyList<ModelFile> Files)
{
    public const string Name = "afterimage-model.json";

    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The manifest of a model's folder; null where there is none that can be read.</summary>
    public static ModelManifest? Read(string folder)
    {
        string path = Path.Combine(folder, Name);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<ModelManifest>(File.ReadAllBytes(path), Form) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Write(string folder) => File.WriteAllBytes(Path.Combine(folder, Name), JsonSerializer.SerializeToUtf8Bytes(this, Form));
}
