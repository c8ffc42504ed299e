using Afterimage.Vectors.Storage;

namespace Afterimage.Vectors.Graphs;

/// <summary>The chains of rows that share a node of layer 0 because their vectors are equal. Under the writer's lock; searches follow them beside it.</summary>
internal sealed class NodeRows(RowStore rows, VectorLog log)
{
    /// <summary>
    /// Adds a row to a node with the same codes whose vector is exactly the same; false where it is not. A dead node comes back to life, which is what storing an entry again
    /// does: <paramref name="released"/> is then the row that was kept for it, otherwise -1.
    /// </summary>
    public bool TryAttach(Graph graph, int node, int row, out int released)
    {
        released = -1;
        int first = graph.Base.Row(node);
        ref RowInfo head = ref rows.Info(first);
        ref RowInfo info = ref rows.Info(row);

        // A dead row's vector may have left the log already; its codes, which the caller has compared, are all that a node alone needs.
        if (head.Node != node || (head.Live && !log.Vector(head.Place).SequenceEqual(log.Vector(info.Place))))
        {
            return false;
        }

        info.Node = node;
        info.PreviousOfNode = -1;
        if (head.Live)
        {
            info.NextOfNode = first;
            head.PreviousOfNode = row;
        }
        else
        {
            info.NextOfNode = -1;
            graph.Dead.Remove(node);
            released = first;
        }

        graph.Base.SetRow(node, row);
        return true;
    }

    /// <summary>Takes a row out of its node's chain; false where it was the last, which then stays to lead the way.</summary>
    public bool Detach(Graph graph, int row)
    {
        ref RowInfo info = ref rows.Info(row);
        if (info.NextOfNode < 0 && info.PreviousOfNode < 0)
        {
            graph.Dead.Add(info.Node);
            return false;
        }

        if (info.NextOfNode >= 0)
        {
            rows.Info(info.NextOfNode).PreviousOfNode = info.PreviousOfNode;
        }

        if (info.PreviousOfNode >= 0)
        {
            Volatile.Write(ref rows.Info(info.PreviousOfNode).NextOfNode, info.NextOfNode);
        }
        else
        {
            graph.Base.SetRow(info.Node, info.NextOfNode);
        }

        return true;
    }
}
