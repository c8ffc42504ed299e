using Afterimage.Vectors.Kernels;
using Afterimage.Vectors.Storage;

namespace Afterimage.Vectors;

/// <summary>Scores candidates by their exact vectors and keeps the best. Belongs to one search at a time.</summary>
internal sealed class Ranking(RowStore rows, VectorLog log)
{
    private readonly List<Neighbor> _best = [];

    /// <summary>The nearest of what a search has gathered for a unit vector, nearest first.</summary>
    public Neighbor[] Rank(Candidates candidates, ReadOnlySpan<float> unit, int count, float floor)
    {
        (ReadOnlyMemory<int> found, ReadOnlyMemory<float> upper) = candidates.Finish();
        _best.Clear();
        for (int i = 0; i < found.Length; i++)
        {
            // Upper bounds fall from here on: once the k-th exact similarity is above them, nothing can come in any more.
            if (_best.Count >= count && upper.Span[i] < _best[count - 1].Similarity)
            {
                break;
            }

            ref RowInfo info = ref rows.Info(found.Span[i]);
            float similarity = Exact(info.Place, unit);
            if (similarity >= floor && !IsKnown(info.Entry))
            {
                Insert(new Neighbor(info.Entry, similarity), count);
            }
        }

        return [.. _best];
    }

    /// <summary>An entry that is being replaced beside the search may be met twice: with its old row and its new one.</summary>
    private bool IsKnown(in Hash256 entry)
    {
        foreach (Neighbor known in _best)
        {
            if (known.Entry == entry)
            {
                return true;
            }
        }

        return false;
    }

    private float Exact(uint place, ReadOnlySpan<float> unit)
    {
        (float dot, float normSquared) = HalfVectors.Dot(log.Vector(place), unit);
        return normSquared > 0 ? Math.Clamp(dot / MathF.Sqrt(normSquared), -1, 1) : 0;
    }

    /// <summary>Keeps the best <paramref name="count"/>, nearest first, equal ones by entry.</summary>
    private void Insert(Neighbor found, int count)
    {
        int at = _best.Count;
        while (at > 0 && (_best[at - 1].Similarity < found.Similarity
            || (_best[at - 1].Similarity == found.Similarity && _best[at - 1].Entry > found.Entry)))
        {
            at--;
        }

        if (at < count)
        {
            _best.Insert(at, found);
            if (_best.Count > count)
            {
                _best.RemoveAt(count);
            }
        }
    }
}
