namespace Afterimage.Vectors.Graphs;

/// <summary>
/// A hierarchical navigable small world (Malkov and Yashunin, 2016, arXiv 1603.09320) over the rows of one partition. Layer 0 has a node for every
/// vector that is no near-duplicate of another; near-duplicates share a node (<see cref="NodeRows"/>), so that they crowd neither links nor beams.
/// Each layer above has a sixteenth of the one below.
/// </summary>
internal sealed class Graph
{
    /// <summary>Links of a new node, and links per node above layer 0.</summary>
    public const int Connectivity = 16;

    /// <summary>Links per node of layer 0.</summary>
    public const int BaseDegree = 32;

    private GraphShape _shape;

    public Graph() => _shape = new GraphShape([new GraphLayer(BaseDegree, null)], 0);

    /// <summary>A graph to be read back: layers with the given numbers of nodes.</summary>
    public Graph(IReadOnlyList<int> ends, int entry)
    {
        var layers = new GraphLayer[ends.Count];
        for (int l = 0; l < layers.Length; l++)
        {
            layers[l] = new GraphLayer(l == 0 ? BaseDegree : Connectivity, l == 0 ? null : layers[0]);
            layers[l].Extend(ends[l]);
        }

        _shape = new GraphShape(layers, entry);
    }

    public GraphLayer Base => _shape.Layers[0];

    /// <summary>The layers and the entry as they belong together.</summary>
    public GraphShape Shape => Volatile.Read(ref _shape);

    /// <summary>Nodes of layer 0 whose last row was removed. They still lead the way until they are repaired out. Under the writer's lock.</summary>
    public List<int> Dead { get; } = [];

    /// <summary>Rows that came or went since the graph was last saved. Under the writer's lock.</summary>
    public int Unsaved { get; set; }

    /// <summary>How many of those there were when saving was last tried: a disk that refuses it is not asked again at every row. Under the writer's lock.</summary>
    public int UnsavedWhenTried { get; set; }

    public long Bytes => Shape.Layers.Sum(l => l.Bytes);

    /// <summary>Lets searches begin at a node of the topmost layer.</summary>
    public void Enter(int node) => Volatile.Write(ref _shape, _shape with { Entry = node });

    /// <summary>Puts a layer with one node on top, which becomes the entry.</summary>
    public void AddLayer(int below, int baseNode)
    {
        var layer = new GraphLayer(Connectivity, Base);
        int entry = layer.AddAbove(below, baseNode);
        Volatile.Write(ref _shape, new GraphShape([.. _shape.Layers, layer], entry));
    }

    /// <summary>Takes the topmost layers away.</summary>
    public void CutLayers(int count, int entry) => Volatile.Write(ref _shape, new GraphShape(_shape.Layers[..count], entry));
}
