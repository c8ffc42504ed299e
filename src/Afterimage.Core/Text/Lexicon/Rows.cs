namespace Afterimage.Text.Lexicon;

/// <summary>Many short lists of numbers in two arrays.</summary>
internal readonly struct Rows(int[] starts, int[] values)
{
    public ReadOnlySpan<int> this[int row] => values.AsSpan(starts[row], starts[row + 1] - starts[row]);

    /// <summary>Reads a total, the length of each row, then all values.</summary>
    public static Rows Read(ref LexiconResource resource, int rows)
    {
        int[] values = new int[resource.Varint()];
        int[] starts = new int[rows + 1];
        for (int i = 0; i < rows; i++)
        {
            starts[i + 1] = starts[i] + resource.Varint();
        }

        for (int i = 0; i < values.Length; i++)
        {
            values[i] = resource.Varint();
        }

        return new Rows(starts, values);
    }
}
