namespace Afterimage.Vectors;

/// <summary>Gives memory back: empties the emptiest chunk of rows where a good part of all rows is unused.</summary>
internal sealed class RowCompaction(IndexState state, Lock writing)
{
    private const int RowsPerLock = 32;

    /// <summary>Empties one chunk; false where there is nothing to gain.</summary>
    public bool TryStep()
    {
        int first = -1;
        lock (writing)
        {
            if (state.Rows.Free > Math.Max(2 * RowStore.ChunkRows, state.Count / 4))
            {
                first = state.Rows.Close();
            }
        }

        for (int row = first; first >= 0 && row < first + RowStore.ChunkRows; row += RowsPerLock)
        {
            lock (writing)
            {
                for (int i = row; i < row + RowsPerLock && state.Rows.Has(i); i++)
                {
                    state.Move(i);
                }
            }
        }

        return first >= 0;
    }
}
