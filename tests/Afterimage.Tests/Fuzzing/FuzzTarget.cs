using System.Text;

namespace Afterimage.Tests.Fuzzing;

/// <summary>A parser under fuzz.</summary>
/// <param name="Name">Also the folder of its corpus.</param>
/// <param name="Seeds">Inputs that it understands.</param>
/// <param name="Words">What its grammar is made of.</param>
/// <param name="Run">Reads one input and checks what must hold. What it returns stands for the way taken: an input with a new way is kept and changed further.</param>
internal sealed record FuzzTarget(string Name, Func<IEnumerable<byte[]>> Seeds, string[] Words, Func<byte[], object?> Run)
{
    /// <summary>Most that reading one input may allocate, beyond 100 bytes for each of its own: a small input that takes more is a bomb.</summary>
    public long AllocatedBytesMax { get; init; } = 4 << 20;

    /// <summary>How many inputs count as one: for targets that are slow.</summary>
    public int Cost { get; init; } = 1;

    public byte[][] WordBytes => [.. Words.Select(Encoding.Latin1.GetBytes)];

    public override string ToString() => Name;
}
