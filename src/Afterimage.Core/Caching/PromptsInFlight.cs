using Afterimage.Matching;
using Afterimage.Requests;

namespace Afterimage.Caching;

/// <summary>
/// The prompts whose pictures are being made right now, by partition: a request that means the same as one of them waits for it instead of starting
/// another. A prompt stays here until its vector can be found in the index, so that there is no moment at which neither knows it. Thread-safe.
/// </summary>
internal sealed class PromptsInFlight(SemanticTier semantic)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Hash256, List<Item>> _partitions = [];

    /// <summary>
    /// Finds a generation whose picture the policy would reuse, or adds this one for others to find. Both under one lock: of two that come together one waits for
    /// the other, and since only those that were added first are waited for, nobody waits in a circle.
    /// </summary>
    public Generation? FindOrAdd(ImageRequest request, SeedRule rule, float[] vector, Generation generation)
    {
        Hash256 partition = request.PartitionKey(semantic.Options.Resolution);
        long? seed = rule == SeedRule.Strict && request.Seed.Kind == SeedKind.Named ? request.Seed.Value : null;
        PromptReading reading = PromptReading.Of(request.Prompt);
        lock (_lock)
        {
            if (!_partitions.TryGetValue(partition, out List<Item>? items))
            {
                _partitions[partition] = items = [];
            }

            foreach (Item item in items)
            {
                if (seed is not null && item.Request.Seed.Value != seed)
                {
                    continue;
                }

                float similarity = Cosine(item.Vector, vector);
                if (similarity >= semantic.Options.CandidateSimilarityMin && semantic.Policy.Judge(reading, item.Reading, similarity).Decision == Decision.Reuse)
                {
                    return item.Generation;
                }
            }

            items.Add(new Item(generation, request, vector, reading));
            return null;
        }
    }

    /// <summary>Forgets a generation; ones that were never added are ignored.</summary>
    public void Remove(ImageRequest request, Generation generation)
    {
        Hash256 partition = request.PartitionKey(semantic.Options.Resolution);
        lock (_lock)
        {
            if (_partitions.TryGetValue(partition, out List<Item>? items) && items.RemoveAll(i => i.Generation == generation) > 0 && items.Count == 0)
            {
                _partitions.Remove(partition);
            }
        }
    }

    private static float Cosine(float[] a, float[] b)
    {
        float dot = 0;
        for (int i = 0; i < a.Length; i++)
        {
            dot += a[i] * b[i];
        }

        return dot;
    }

    private sealed record Item(Generation Generation, ImageRequest Request, float[] Vector, PromptReading Reading);
}
