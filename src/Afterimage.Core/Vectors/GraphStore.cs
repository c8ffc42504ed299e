using Afterimage.Vectors.Graphs;

namespace Afterimage.Vectors;

/// <summary>Graph files of an index: saved now and then, read back at opening, deleted with their partition. All derived: a missing one costs time only.</summary>
internal sealed class GraphStore(string folder, IndexState state, Lock writing)
{
    // A graph is saved when it has grown or changed by this share, so that all saves together write a few times its size.
    private const int ChangesPerSave = 4;

    /// <summary>Whether so much has changed that saving pays. Under the writer's lock.</summary>
    public static bool IsDue(Graph graph) => graph.Unsaved > Math.Max(1000, graph.Base.Count / ChangesPerSave);

    /// <summary>Saves a graph that nobody else changes meanwhile.</summary>
    public void Save(LargePartition partition, Graph graph)
    {
        lock (writing)
        {
            graph.Unsaved = 0;
        }

        GraphFile.Write(GraphFile.PathOf(folder, partition.Key), partition.Key, graph, node =>
        {
            lock (writing)
            {
                return state.Graphs.SequencesOf(graph, node);
            }
        });
    }

    public void Delete(LargePartition partition) => File.Delete(GraphFile.PathOf(folder, partition.Key));

    /// <summary>
    /// Gives every partition its graph back; deletes files that fit none. Before anyone else is inside. Returns the largest sequence that a file names.
    /// </summary>
    public ulong Load(GraphRepair repair)
    {
        ulong largest = 0;
        foreach (string path in Directory.GetFiles(folder, "*" + GraphFile.Extension))
        {
            if (GraphFile.Read(path) is { } content && IsAdopted(content, repair))
            {
                largest = content.Sequences.Concat(content.Duplicates.Select(d => d.Sequence)).Append(largest).Max();
            }
            else
            {
                File.Delete(path);
            }
        }

        return largest;
    }

    private bool IsAdopted(GraphContent content, GraphRepair repair)
    {
        int number = state.Partitions.Find(content.Partition);
        return number >= 0 && state.Partitions.At(number).Large is { } large && state.Graphs.Adopt(large, content, repair);
    }
}
