namespace Afterimage.Text.Bert.Kernels;

/// <summary>A kernel's inner loop: the product of a few rows with some outputs of a panel.</summary>
internal interface IRowBlock<TPanel>
    where TPanel : struct
{
    static abstract void Block<TRows>(in TPanel panel, int row, int column)
        where TRows : struct, IRowCount;
}

/// <summary>Cuts the rows of a product into blocks of nearly equal height, each run by the code that was compiled for its height.</summary>
internal static class RowBlocks
{
    /// <param name="heightMax">Rows that the registers hold the sums of, 8 at most.</param>
    /// <param name="panelWidth">Outputs of the panel.</param>
    /// <param name="blockWidth">Outputs of a block.</param>
    public static void Multiply<TBlock, TPanel>(in TPanel panel, int rows, int heightMax, int panelWidth, int blockWidth)
        where TBlock : struct, IRowBlock<TPanel>
        where TPanel : struct
    {
        int blocks = (rows + heightMax - 1) / heightMax;
        for (int row = 0; blocks > 0; blocks--)
        {
            int height = (rows - row + blocks - 1) / blocks;
            for (int column = 0; column < panelWidth; column += blockWidth)
            {
                Run<TBlock, TPanel>(panel, row, column, height);
            }

            row += height;
        }
    }

    private static void Run<TBlock, TPanel>(in TPanel panel, int row, int column, int height)
        where TBlock : struct, IRowBlock<TPanel>
        where TPanel : struct
    {
        switch (height)
        {
            case 8:
                TBlock.Block<Rows8>(panel, row, column);
                break;
            case 7:
                TBlock.Block<Rows7>(panel, row, column);
                break;
            case 6:
                TBlock.Block<Rows6>(panel, row, column);
                break;
            case 5:
                TBlock.Block<Rows5>(panel, row, column);
                break;
            case 4:
                TBlock.Block<Rows4>(panel, row, column);
                break;
            case 3:
                TBlock.Block<Rows3>(panel, row, column);
                break;
            case 2:
                TBlock.Block<Rows2>(panel, row, column);
                break;
            default:
                TBlock.Block<Rows1>(panel, row, column);
                break;
        }
    }
}
