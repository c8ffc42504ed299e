using Afterimage.Vectors.Graphs;

namespace Afterimage.Vectors;

/// <summary>Graph files of an index: saved now and then, read back at opening, deleted with their partition. All derived: a missing one costs time only.</summary>
internal sealed class GraphStore(string folder, IndexState state, Lock writing)
{
    // A graph is saved when it has grown or changed by this share, so that all saves together write a few times its size.
    private const int ChangesPerSave = 4;

    /// <summary>Whether so much has changed, since saving was last tried, that it pays. Under the writer's lock.</summary>
    public static bool IsDue(Graph graph) => graph.Unsaved - graph.UnsavedWhenTried > Math.Max(1000, graph.Base.Count / ChangesPerSave);

    /// <summary>Saves a graph that nobody else changes meanwhile.</summary>
    public void Save(LargePartition partition, Graph graph)
    {
        int changes;
        lock (writing)
        {
            changes = graph.Unsaved;
            graph.UnsavedWhenTried = changes;
        }

        GraphFile.Write(GraphFile.PathOf(folder, partition.Key), partition.Key, graph, node =>
        {
            lock (writing)
            {
                return state.Graphs.SequencesOf(graph, node);
            }
        });
        lock (writing)
        {
            graph.Unsaved -= changes;
            graph.UnsavedWhenTried = 0;
        }
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
            try
            {
                largest = Math.Max(largest, Load(path, repair));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A file that cannot be read, or not deleted though it fits nothing, costs time at most.
            }
        }

        return largest;
    }

    private ulong Load(string path, GraphRepair repair)
    {
        GraphContent? content = GraphFile.Read(path);
        if (content is null || !IsAdopted(content, repair))
        {
            File.Delete(path);
        }

        return content?.Sequences.Concat(content.Duplicates.Select(d => d.Sequence)).Append(0ul).Max() ?? 0;
    }

    private bool IsAdopted(GraphContent content, GraphRepair repair)
    {
        int number = state.Partitions.Find(content.Partition);
        return number >= 0 && state.Partitions.At(number).Large is { } large && state.Graphs.Adopt(large, content, repair);
    }
}
