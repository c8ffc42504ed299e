namespace Afterimage.Vectors.Graphs;

/// <summary>
/// Nodes that did not get into a full beam and are about as near as the best one, to be expanded when the beam has been. Where very many are equally near, as
/// in a cluster of near-duplicates, the nearest may lie behind any of them. The bound is that of adaptive beam search (Al-Jazzazi et al., 2025,
/// arXiv 2505.15636), here beside a beam of fixed width rather than in its place.
/// </summary>
internal sealed class NodesAside
{
    // Some milliseconds of a search, in a cluster of so many.
    private const int Most = 16_384;
    private const float Wider = 1.1f;

    private int[] _nodes = new int[64];
    private float[] _scores = new float[64];
    private int _count;
    private int _left;
    private float _floor;
    private float _least;

    /// <summary>Whether a vector is no more than a tenth farther than another.</summary>
    public static bool IsAboutAsFar(float score, float nearest) => score >= LeastBeside(nearest);

    /// <summary>Forgets all; nothing below <paramref name="floor"/> will be put aside.</summary>
    public void Begin(float floor)
    {
        _count = 0;
        _left = Most;
        _floor = floor;
        _least = float.PositiveInfinity;
    }

    /// <summary>Says that a node is nearer than all before.</summary>
    public void Nearer(float score) => _least = Math.Max(_floor, LeastBeside(score));

    /// <summary>Puts a node aside if it is near enough.</summary>
    public void Put(int node, float score)
    {
        if (score < _least)
        {
            return;
        }

        if (_count == _nodes.Length)
        {
            Array.Resize(ref _nodes, _count * 2);
            Array.Resize(ref _scores, _count * 2);
        }

        _nodes[_count] = node;
        _scores[_count++] = score;
    }

    /// <summary>Takes a node that is still near enough; false where there is none, or enough were taken.</summary>
    public bool TryTake(out int node)
    {
        while (_count > 0 && _left > 0)
        {
            node = _nodes[--_count];
            if (_scores[_count] >= _least)
            {
                _left--;
                return true;
            }
        }

        node = -1;
        return false;
    }

    // Of unit vectors, whose distance squared is twice what the cosine is short of 1.
    private static float LeastBeside(float nearest) => 1 - (Math.Max(0, 1 - nearest) * Wider * Wider);
}
