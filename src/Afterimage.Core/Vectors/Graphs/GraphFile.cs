using System.Runtime.InteropServices;
using Afterimage.Vectors.Storage;

namespace Afterimage.Vectors.Graphs;

/// <summary>
/// A graph on disk: derived, so it may be old, damaged or missing; then it is built again. Little-endian:
/// <code>
///   0  8    "AfterGrf"
///   8  u32  version, 1
///  12  u32  layers
///  16  u32  entry, a node of the last layer
///  20  u32  links per node of layer 0
///  24  u32  links per node above
///  28  u32  number of equal vectors
///  32  32   partition
///  64  per layer: u32 nodes
///      per node of layer 0: u64 sequence of its vector, 0 for a number not in use
///      per equal vector: u32 node, u64 sequence
///      per layer above 0, per node: i32 base node (-1: not in use), i32 node below
///      per layer, per node: links, i32 each, -1 behind the last
///      u32 CRC-32C of everything before
/// </code>
/// </summary>
internal static class GraphFile
{
    public const int Version = 1;
    public const string Extension = ".graph";

    private const int LayersMax = 16;

    private static ReadOnlySpan<byte> Magic => "AfterGrf"u8;

    public static string PathOf(string folder, Hash256 partition) => Path.Combine(folder, partition.ToHex() + Extension);

    /// <summary>Writes a graph, whole or not at all. <paramref name="sequencesOf"/> gives the sequences of the live rows of a base node.</summary>
    public static void Write(string path, Hash256 partition, Graph graph, Func<int, IReadOnlyList<ulong>> sequencesOf)
    {
        GraphShape shape = graph.Shape;
        int[] ends = [.. shape.Layers.Select(l => l.End)];
        ulong[] sequences = new ulong[ends[0]];
        var duplicates = new List<(int Node, ulong Sequence)>();
        for (int node = 0; node < ends[0]; node++)
        {
            IReadOnlyList<ulong> all = sequencesOf(node);
            sequences[node] = all.Count > 0 ? all[0] : 0;
            for (int i = 1; i < all.Count; i++)
            {
                duplicates.Add((node, all[i]));
            }
        }

        AtomicFile.Write(path, stream =>
        {
            using var file = new ChecksumWriter(stream);
            file.Write(Magic);
            file.WriteInts([Version, ends.Length, shape.Entry, Graph.BaseDegree, Graph.Connectivity, duplicates.Count]);
            Span<byte> key = stackalloc byte[Hash256.Size];
            partition.WriteTo(key);
            file.Write(key);
            file.WriteInts(ends);
            file.Write(MemoryMarshal.AsBytes<ulong>(sequences));
            foreach ((int node, ulong sequence) in duplicates)
            {
                file.WriteInts([node, (int)(uint)sequence, (int)(uint)(sequence >> 32)]);
            }

            WriteLayers(file, shape.Layers, ends);
            file.Finish();
        });
    }

    /// <summary>Reads a graph file; null where it is damaged or of another shape. Unknown versions are refused.</summary>
    public static GraphContent? Read(string path)
    {
        using var file = new ChecksumReader(path);
        Span<byte> magic = stackalloc byte[8];
        Span<int> head = stackalloc int[6];
        Span<byte> key = stackalloc byte[Hash256.Size];
        if (!file.TryRead(magic) || !magic.SequenceEqual(Magic) || !file.TryReadInts(head))
        {
            return null;
        }

        if (head[0] != Version)
        {
            throw new InvalidDataException($"{path} has format version {head[0]}; this program reads version {Version}. Delete it: it is built again.");
        }

        if (head[1] is < 1 or > LayersMax || head[3] != Graph.BaseDegree || head[4] != Graph.Connectivity || !file.TryRead(key))
        {
            return null;
        }

        int[] ends = new int[head[1]];
        if (!file.TryReadInts(ends) || ends.Any(e => e < 0 || e > file.Length / sizeof(int)) || head[5] < 0 || head[5] > file.Length / 12)
        {
            return null;
        }

        ulong[] sequences = new ulong[ends[0]];
        var duplicates = new (int Node, ulong Sequence)[head[5]];
        file.TryRead(MemoryMarshal.AsBytes(sequences.AsSpan()));
        Span<int> equal = stackalloc int[3];
        for (int i = 0; i < duplicates.Length; i++)
        {
            file.TryReadInts(equal);
            duplicates[i] = (equal[0], (uint)equal[1] | ((ulong)(uint)equal[2] << 32));
        }

        Graph graph = ReadLayers(file, ends, head[2]);
        return file.Finish() && IsSound(graph, duplicates) ? new GraphContent(Hash256.FromBytes(key), sequences, duplicates, graph) : null;
    }

    private static void WriteLayers(ChecksumWriter file, GraphLayer[] layers, int[] ends)
    {
        for (int l = 1; l < layers.Length; l++)
        {
            for (int node = 0; node < ends[l]; node++)
            {
                bool used = layers[l].Has(node) && layers[l].BaseNode(node) < ends[0] && layers[l].Below(node) < ends[l - 1];
                file.WriteInts(used ? [layers[l].BaseNode(node), layers[l].Below(node)] : [-1, -1]);
            }
        }

        for (int l = 0; l < layers.Length; l++)
        {
            for (int node = 0; node < ends[l]; node++)
            {
                file.WriteInts(layers[l].Links(node));
            }
        }
    }

    private static Graph ReadLayers(ChecksumReader file, int[] ends, int entry)
    {
        var graph = new Graph(ends, entry);
        GraphLayer[] layers = graph.Shape.Layers;
        Span<int> pair = stackalloc int[2];
        for (int l = 1; l < layers.Length; l++)
        {
            for (int node = 0; node < ends[l]; node++)
            {
                if (file.TryReadInts(pair))
                {
                    layers[l].Restore(node, pair[0], pair[1]);
                }
            }
        }

        for (int l = 0; l < layers.Length; l++)
        {
            for (int node = 0; node < ends[l]; node++)
            {
                file.TryReadInts(layers[l].Links(node));
            }
        }

        return graph;
    }

    /// <summary>The checksum says that the file is what was written; this, that every number in it names something.</summary>
    private static bool IsSound(Graph graph, (int Node, ulong Sequence)[] duplicates)
    {
        GraphLayer[] layers = graph.Shape.Layers;
        for (int l = 0; l < layers.Length; l++)
        {
            for (int node = 0; node < layers[l].End; node++)
            {
                bool linksAreSound = !layers[l].Links(node).ContainsAnyExceptInRange(-1, layers[l].End - 1);
                bool placeIsSound = l == 0 || !layers[l].Has(node)
                    || (layers[l].BaseNode(node) < layers[0].End && layers[l].Below(node) >= 0 && layers[l].Below(node) < layers[l - 1].End);
                if (!linksAreSound || !placeIsSound)
                {
                    return false;
                }
            }
        }

        return graph.Shape.Entry >= 0 && graph.Shape.Entry < layers[^1].End && duplicates.All(e => e.Node >= 0 && e.Node < layers[0].End);
    }
}
