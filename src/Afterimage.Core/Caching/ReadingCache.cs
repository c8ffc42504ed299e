using System.Collections.Concurrent;
using Afterimage.Entries;
using Afterimage.Matching;

namespace Afterimage.Caching;

/// <summary>
/// The readings of stored prompts that were candidates lately. Two generations instead of a list in order of use: when the young one is full it
/// becomes the old one, and what is met again moves up.
/// </summary>
internal sealed class ReadingCache(int countMax)
{
    private readonly Lock _lock = new();
    private volatile ConcurrentDictionary<Hash256, PromptReading> _young = new();
    private volatile ConcurrentDictionary<Hash256, PromptReading> _old = new();

    public PromptReading Get(EntryHeader entry)
    {
        if (_young.TryGetValue(entry.Key, out PromptReading? reading) && reading.Text == entry.Request.Prompt)
        {
            return reading;
        }

        reading = _old.TryGetValue(entry.Key, out PromptReading? old) && old.Text == entry.Request.Prompt ? old : PromptReading.Of(entry.Request.Prompt);
        if (_young.Count >= countMax / 2)
        {
            lock (_lock)
            {
                if (_young.Count >= countMax / 2)
                {
                    _old = _young;
                    _young = new();
                }
            }
        }

        _young[entry.Key] = reading;
        return reading;
    }
}
