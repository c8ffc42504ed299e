using Afterimage.Backfill.Keys;

namespace Afterimage.Backfill.Extraction;

/// <summary>The object's key, or the last part of it where keys are in folders.</summary>
internal sealed class ObjectKeyStrategy : IExtractionStrategy
{
    public Extracted? Extract(ExtractionInput input)
    {
        KeyReading reading = KeyReader.Read(input.Key);
        int slash = input.Key.LastIndexOf('/');
        if (reading.Strategy == KeyStrategy.None && slash >= 0)
        {
            reading = KeyReader.Read(input.Key[(slash + 1)..]);
        }

        return reading.Prompt is { } prompt ? new Extracted(prompt, reading.Parameters, reading.StrategyName, IsRequest: true) : null;
    }
}
