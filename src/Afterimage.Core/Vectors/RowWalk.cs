namespace Afterimage.Vectors;

/// <summary>
/// One enumeration: goes over the rows in the order of their numbers, piece by piece, while vectors are replaced and moved. Each vector that is there
/// from the first piece to the last is taken exactly once, whichever rows it stands in meanwhile. Under the writer's lock.
/// </summary>
internal sealed class RowWalk(IndexState state)
{
    private readonly HashSet<Hash256> _behind = [];
    private readonly HashSet<Hash256> _taken = [];
    private int _next;

    /// <summary>An entry's vector has another row now.</summary>
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

    /// <summary>Adds up to <paramref name="most"/> places; none where the walk has ended.</summary>
    public void Take(List<VectorPlace> places, int most)
    {
        for (; _next < state.Rows.End && places.Count < most; _next++)
        {
            if (state.Rows.Has(_next) && state.Rows.Info(_next).Live && !_taken.Remove(state.Rows.Info(_next).Entry))
            {
                places.Add(state.PlaceOf(_next));
            }
        }

        if (places.Count == 0)
        {
            places.AddRange(_behind.Select(state.Find).Where(row => row >= 0).Select(state.PlaceOf));
            _behind.Clear();
        }
    }
}
