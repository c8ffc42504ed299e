namespace Afterimage.Vectors.Graphs;

/// <summary>What a graph file says before rows are found for its nodes.</summary>
/// <param name="Partition">The partition it belongs to.</param>
/// <param name="Sequences">The vector's sequence in the log per base node; 0 for none.</param>
/// <param name="Duplicates">Further vectors that share a node: node and sequence.</param>
/// <param name="Graph">Layers and links; base nodes have no rows yet.</param>
internal sealed record GraphContent(Hash256 Partition, ulong[] Sequences, IReadOnlyList<(int Node, ulong Sequence)> Duplicates, Graph Graph);
