using Afterimage.Vectors.Graphs;
using Afterimage.Vectors.Storage;

namespace Afterimage.Vectors;

/// <summary>What kind of number was taken out.</summary>
internal enum Retired
{
    Row,
    Partition,
    Segment,
    Node,
}

/// <summary>What was taken out and waits until no search can know it any more. Under the writer's lock.</summary>
internal sealed class RetiredQueue(ReadEpochs epochs, RowStore rows, PartitionTable partitions, VectorLog log)
{
    private readonly Queue<(long Epoch, Retired Kind, int Number, GraphLayer? Layer)> _waiting = new();

    public void Add(Retired kind, int number, GraphLayer? layer = null) => _waiting.Enqueue((epochs.Advance(), kind, number, layer));

    /// <summary>Gives back what no search can know any more.</summary>
    public void Reclaim()
    {
        while (_waiting.TryPeek(out (long Epoch, Retired Kind, int Number, GraphLayer? Layer) oldest) && epochs.Passed(oldest.Epoch))
        {
            _waiting.Dequeue();
            switch (oldest.Kind)
            {
                case Retired.Row:
                    rows.Release(oldest.Number);
                    break;
                case Retired.Partition:
                    partitions.Release(oldest.Number);
                    break;
                case Retired.Segment:
                    log.Drop(oldest.Number);
                    break;
                default:
                    oldest.Layer!.Release(oldest.Number);
                    break;
            }
        }
    }
}
