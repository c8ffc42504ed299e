namespace Afterimage.Vectors;

/// <summary>
/// One enumeration: goes over the rows in the order of their numbers, piece by piece, while vectors are replaced and moved. Each vector that is there
/// from the first piece to the last is taken exactly once, whichever rows it stands in meanwhile.
/// </summary>
internal sealed class RowWalk : IDisposable
{
    private const int PlacesPerPiece = 1024;

    private readonly IndexState _state;
    private readonly Lock _writing;
    private readonly HashSet<Hash256> _behind = [];
    private readonly HashSet<Hash256> _taken = [];
    private int _next;

    public RowWalk(IndexState state, Lock writing)
    {
        _state = state;
        _writing = writing;
        lock (writing)
        {
            state.Walks.Add(this);
        }
    }

    /// <summary>An entry's vector has another row now. Under the writer's lock.</summary>
    public void Moved(in Hash256 entry, int from, int to)
    {
        if (from >= _next && to < _next && !_taken.Remove(entry))
        {
            _behind.Add(entry);
        }
        else if (from < _next && to >= _next && !_behind.Remove(entry))
        {
            _taken.Add(entry);
        }
    }

    /// <summary>The next piece; empty where the walk has ended.</summary>
    public IReadOnlyList<VectorPlace> Take()
    {
        var places = new List<VectorPlace>(PlacesPerPiece);
        lock (_writing)
        {
            for (; _next < _state.Rows.End && places.Count < PlacesPerPiece; _next++)
            {
                if (_state.Rows.Has(_next) && _state.Rows.Info(_next).Live && !_taken.Remove(_state.Rows.Info(_next).Entry))
                {
                    places.Add(_state.PlaceOf(_next));
                }
            }

            if (places.Count == 0)
            {
                places.AddRange(_behind.Select(_state.Find).Where(row => row >= 0).Select(_state.PlaceOf));
                _behind.Clear();
            }
        }

        return places;
    }

    public void Dispose()
    {
        lock (_writing)
        {
            _state.Walks.Remove(this);
        }
    }
}
