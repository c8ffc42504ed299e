using System.Runtime.ExceptionServices;

namespace Afterimage.Text.Bert;

/// <summary>One of a layer's four matrix products: which tensors of the checkpoint it is made of, one below the other, and its size.</summary>
/// <param name="Names">Tensors, without <c>.weight</c> and <c>.bias</c>.</param>
/// <param name="Inputs">Columns.</param>
/// <param name="Outputs">Rows of all tensors together.</param>
internal sealed record DenseShape(string[] Names, int Inputs, int Outputs)
{
    /// <summary>Products per layer.</summary>
    public const int PerLayer = 4;

    /// <summary>All products of a model in the order of the forward pass.</summary>
    public static DenseShape[] All(BertConfig config) => [.. Enumerable.Range(0, config.Layers).SelectMany(i => OfLayer(config, $"encoder.layer.{i}"))];

    /// <summary>Does something for the number of every shape, on all cores; the first fault is thrown as it was.</summary>
    public static void ForEach(DenseShape[] shapes, Action<int> body)
    {
        try
        {
            Parallel.For(0, shapes.Length, body);
        }
        catch (AggregateException faults)
        {
            ExceptionDispatchInfo.Throw(faults.Flatten().InnerExceptions[0]);
        }
    }

    public void ReadWeight(BertCheckpoint checkpoint, Span<float> destination)
    {
        int rows = Outputs / Names.Length;
        for (int i = 0; i < Names.Length; i++)
        {
            checkpoint.ReadInto(Names[i] + ".weight", rows, Inputs, destination.Slice(i * rows * Inputs, rows * Inputs));
        }
    }

    public float[] ReadBias(BertCheckpoint checkpoint) => [.. Names.SelectMany(name => checkpoint.Read(name + ".bias", Outputs / Names.Length))];

    private static DenseShape[] OfLayer(BertConfig config, string name) =>
    [
        new([$"{name}.attention.self.query", $"{name}.attention.self.key", $"{name}.attention.self.value"], config.Hidden, 3 * config.Hidden),
        new([$"{name}.attention.output.dense"], config.Hidden, config.Hidden),
        new([$"{name}.intermediate.dense"], config.Hidden, config.Intermediate),
        new([$"{name}.output.dense"], config.Intermediate, config.Hidden),
    ];
}
