namespace Afterimage.Vectors.Graphs;

/// <summary>
/// The best nodes met so far, best first, up to a fixed number: both the candidates to expand and the result. One sorted array beats two heaps at the
/// sizes of a beam.
/// </summary>
internal sealed class NodeQueue
{
    private const int Expanded = 1 << 31;

    private readonly NodesAside _aside = new();

    private float[] _scores = new float[64];
    private int[] _nodes = new int[64];
    private int _capacity;
    private int _next;

    public int Count { get; private set; }

    /// <summary>A score below this does not get in.</summary>
    public float Worst => Count < _capacity ? float.NegativeInfinity : _scores[Count - 1];

    /// <summary>Empties the queue, which is to hold so many, and to expand others not below the floor that are about as near as the best.</summary>
    public void Begin(int capacity, float floor = float.PositiveInfinity)
    {
        _aside.Begin(floor);
        _capacity = capacity;
        Count = 0;
        _next = 0;
        if (_scores.Length < capacity)
        {
            _scores = new float[capacity];
            _nodes = new int[capacity];
        }
    }

    public int Node(int position) => _nodes[position] & ~Expanded;

    public float Score(int position) => _scores[position];

    /// <summary>Puts a node in its place; the last one falls out where the queue is full. The node is not in the queue yet.</summary>
    public void Add(int node, float score)
    {
        if (score <= Worst)
        {
            _aside.Put(node, score);
            return;
        }

        if (Count == _capacity && (_nodes[Count - 1] & Expanded) == 0)
        {
            _aside.Put(_nodes[Count - 1], _scores[Count - 1]);
        }

        int low = 0;
        for (int high = Count; low < high;)
        {
            int middle = (low + high) >>> 1;
            (low, high) = _scores[middle] >= score ? (middle + 1, high) : (low, middle);
        }

        int moved = Math.Min(Count, _capacity - 1) - low;
        _scores.AsSpan(low, moved).CopyTo(_scores.AsSpan(low + 1));
        _nodes.AsSpan(low, moved).CopyTo(_nodes.AsSpan(low + 1));
        _scores[low] = score;
        _nodes[low] = node;
        Count = Math.Min(Count + 1, _capacity);
        _next = Math.Min(_next, low);
        if (low == 0)
        {
            _aside.Nearer(score);
        }
    }

    /// <summary>Takes the best node that was not expanded, or else one that did not get in and is about as near as the best; false where all were.</summary>
    public bool TryExpand(out int node)
    {
        while (_next < Count && (_nodes[_next] & Expanded) != 0)
        {
            _next++;
        }

        if (_next == Count)
        {
            return _aside.TryTake(out node);
        }

        node = _nodes[_next];
        _nodes[_next++] |= Expanded;
        return true;
    }
}
