namespace Afterimage.Vectors.Graphs;

/// <summary>What a search of a graph reads once, so that entry and layers belong together.</summary>
/// <param name="Layers">The base first.</param>
/// <param name="Entry">Node of the last layer where searches begin.</param>
internal sealed record GraphShape(GraphLayer[] Layers, int Entry);
