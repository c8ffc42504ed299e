using Afterimage.Vectors.Kernels;
using Afterimage.Vectors.Storage;

namespace Afterimage.Vectors.Graphs;

/// <summary>
/// The chains of near-duplicates that share a node of layer 0. The first row of a chain, its head, stands for the node, and no other is farther from it
/// than <see cref="DistanceMax"/>. As nodes of their own they would fill the beams of searches and insertions, which then see nothing beyond them: 50 of a
/// kind each leave a beam of 128 with two or three kinds. Under the writer's lock; searches follow the chains beside it.
/// </summary>
internal sealed class NodeRows(RowStore rows, VectorLog log)
{
    /// <summary>How far a row's similarity to anything may be above its head's: the distance, and what heads of the same codes may differ by.</summary>
    public const float Reach = 0.06f;

    private const float DistanceMax = 0.04f;

    private float[] _unit = [];

    /// <summary>
    /// Adds a row to a node; false where it is no near-duplicate of the node's head. A dead head gives way to a row with the same codes, which is what
    /// storing an entry again makes: <paramref name="released"/> is then the row that was kept for it, otherwise -1.
    /// </summary>
    public bool TryAttach(Graph graph, int node, int row, out int released)
    {
        released = -1;
        int first = graph.Base.Row(node);
        ref RowInfo head = ref rows.Info(first);
        if (head.Node != node)
        {
            return false;
        }

        if (head.Live)
        {
            return TryAttach(first, row);
        }

        // The vector of a dead row may have left the log already; its codes tell of its like only.
        if (!rows.HaveSameCodes(first, row))
        {
            return false;
        }

        Begin(node, row);
        ChainBehind(row, head.NextOfNode);
        graph.Dead.Remove(node);
        graph.Base.SetRow(node, row);
        released = first;
        return true;
    }

    /// <summary>Makes a row the head of a node, alone.</summary>
    public void Begin(int node, int row)
    {
        ref RowInfo info = ref rows.Info(row);
        info.Node = node;
        info.NextOfNode = -1;
        info.PreviousOfNode = -1;
        info.RestIsEqual = true;
    }

    /// <summary>
    /// Takes a row out of its node's chain; false where it stays, dead, to lead the way: a head goes only where one with its codes takes its place.
    /// </summary>
    public bool Detach(Graph graph, int row)
    {
        ref RowInfo info = ref rows.Info(row);
        int previous = info.PreviousOfNode, next = info.NextOfNode;
        if (previous < 0 && (next < 0 || !rows.HaveSameCodes(row, next)))
        {
            if (next < 0)
            {
                graph.Dead.Add(info.Node);
            }

            return false;
        }

        int node = info.Node;
        if (next >= 0)
        {
            rows.Info(next).PreviousOfNode = previous;
        }

        if (previous < 0)
        {
            graph.Base.SetRow(node, next);
            return true;
        }

        Volatile.Write(ref rows.Info(previous).NextOfNode, next);
        if (next < 0 && !rows.Info(previous).Live)
        {
            // Only heads are dead: it was the last that this one was kept for.
            graph.Dead.Add(node);
        }

        return true;
    }

    /// <summary>Puts a copy in the place of a dead head, so that its row can go.</summary>
    public void MoveHead(Graph graph, int row, int copy)
    {
        int node = rows.Info(row).Node;
        if (rows.Info(row).NextOfNode is >= 0 and int next)
        {
            rows.Info(next).PreviousOfNode = copy;
        }

        graph.Base.SetRow(node, copy);
    }

    private bool TryAttach(int first, int row)
    {
        ref RowInfo head = ref rows.Info(first);
        ref RowInfo info = ref rows.Info(row);
        if (Distance(log.Vector(head.Place), log.Vector(info.Place)) > DistanceMax)
        {
            return false;
        }

        Begin(head.Node, row);
        ChainBehind(row, head.NextOfNode);
        ChainBehind(first, row);
        return true;
    }

    /// <summary>Makes one row follow another; what it says of the rest is true before anyone can see it.</summary>
    private void ChainBehind(int row, int next)
    {
        if (next < 0)
        {
            return;
        }

        ref RowInfo info = ref rows.Info(row);
        ref RowInfo behind = ref rows.Info(next);
        behind.PreviousOfNode = row;
        info.RestIsEqual = info.RestIsEqual && behind.RestIsEqual && log.Vector(info.Place).SequenceEqual(log.Vector(behind.Place));
        Volatile.Write(ref info.NextOfNode, next);
    }

    private float Distance(ReadOnlySpan<Half> one, ReadOnlySpan<Half> other)
    {
        Array.Resize(ref _unit, one.Length);
        HalfVectors.ToSingle(one, _unit);
        UnitVectors.Normalize(_unit, _unit);
        (float dot, float normSquared) = HalfVectors.Dot(other, _unit);
        return normSquared > 0 ? MathF.Sqrt(Math.Max(0, 2 - (2 * dot / MathF.Sqrt(normSquared)))) : float.MaxValue;
    }
}
