namespace Afterimage.Text.Safetensors;

/// <summary>Element types that are understood as numbers; every other type of the format is <see cref="Other"/>.</summary>
public enum SafetensorsType
{
    Other,
    F32,
    F16,
    BF16,
}
