using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Afterimage.Text.Bert.Kernels;

namespace Afterimage.Text.Bert;

/// <summary>
/// One run of the model over some texts, their tokens laid end to end without padding. Owns its buffers and is used again; one thread runs it,
/// helpers of the team do parts of each step. After the last attention only the rows that pooling reads are computed further.
/// </summary>
internal sealed unsafe class ForwardPass(BertConfig config, BertWeights weights, Pooling pooling, DenseKernel kernel, WorkTeam team)
    : PartedWork, IDisposable
{
    private readonly int _hidden = config.Hidden;
    private readonly PassBuffers _buffers = new(config, kernel.Codes);

    // Scratch for heads: as many as threads may be at it at once.
    private readonly ConcurrentBag<Attention> _attentions = [];

    private Step _step;
    private BertLayer _layer = weights.Layers[0];
    private BertLayer? _next;
    private int[] _ids = [];
    private int[] _starts = [];
    private int _texts, _rows, _rowsPerPart, _panelsPerPart, _headsPerPart;
    private bool _onlyFirst;

    private int HeadGroups => (config.Heads + _headsPerPart - 1) / _headsPerPart;

    private enum Step
    {
        Embed,
        Project,
        Attend,
        PrepareContext,
        Attended,
        FinishAttention,
        Up,
        Widen,
        Down,
        FinishLayer,
    }

    /// <summary>Encodes texts given as token ids end to end, and writes their unit vectors.</summary>
    public void Encode(ReadOnlySpan<int> ids, ReadOnlySpan<int> lengths, Span<float> vectors)
    {
        Begin(ids, lengths);
        int place = team.Enter(this);
        try
        {
            _layer = weights.Layers[0];
            Run(Step.Embed);
            for (int i = 1; i <= config.Layers; i++)
            {
                _next = i < config.Layers ? weights.Layers[i] : null;
                RunLayer(pooling == Pooling.Cls && _next is null);
                _layer = _next ?? _layer;
            }
        }
        finally
        {
            team.Leave(place);
        }

        Pool(vectors);
    }

    public void Dispose()
    {
        _buffers.Dispose();
        while (_attentions.TryTake(out Attention? attention))
        {
            attention.Dispose();
        }
    }

    public override void Do(int part)
    {
        switch (_step)
        {
            case Step.Project:
                MultiplyPart(_layer.Project, _buffers.States, _buffers.Wide, part);
                break;
            case Step.Attend:
                AttendPart(part);
                break;
            case Step.Attended:
                MultiplyPart(_layer.Attended, _buffers.Context, _buffers.Narrow, part);
                break;
            case Step.Up:
                MultiplyPart(_layer.Up, _buffers.States, _buffers.Wide, part);
                break;
            case Step.Down:
                MultiplyPart(_layer.Down, _buffers.Wide, _buffers.Narrow, part);
                break;
            default:
                RowsPart(part);
                break;
        }
    }

    private void Begin(ReadOnlySpan<int> ids, ReadOnlySpan<int> lengths)
    {
        _buffers.Reserve(ids.Length);
        if (_ids.Length < ids.Length)
        {
            _ids = new int[ids.Length];
        }

        _texts = lengths.Length;
        if (_starts.Length < _texts + 1)
        {
            _starts = new int[_texts + 1];
        }

        for (int i = 0; i < _texts; i++)
        {
            _starts[i + 1] = _starts[i] + lengths[i];
        }

        // A head of a short text takes less time than handing it to another thread.
        _headsPerPart = ids.Length / _texts <= 32 ? 2 : 1;

        ids.CopyTo(_ids);
        SetRows(ids.Length);
    }

    private void RunLayer(bool onlyFirst)
    {
        _onlyFirst = onlyFirst;
        Run(Step.Project);
        Run(Step.Attend);
        if (onlyFirst)
        {
            KeepFirstRows();
        }

        Run(Step.PrepareContext);
        Run(Step.Attended);
        Run(Step.FinishAttention);
        Run(Step.Up);
        Run(Step.Widen);
        Run(Step.Down);
        Run(Step.FinishLayer);
    }

    private void Run(Step step)
    {
        _step = step;
        int parts = step switch
        {
            Step.Project => PanelParts(_layer.Project),
            Step.Attended => PanelParts(_layer.Attended),
            Step.Up => PanelParts(_layer.Up),
            Step.Down => PanelParts(_layer.Down),
            Step.Attend => _texts * HeadGroups,
            _ => (_rows + _rowsPerPart - 1) / _rowsPerPart,
        };
        team.Run(this, parts);
    }

    // Eight parts a thread: a helper that loses its core for a while leaves the others something to do.
    private int PanelParts(DenseLayer layer)
    {
        _panelsPerPart = Math.Max(1, layer.Panels / (8 * team.Threads));
        return (layer.Panels + _panelsPerPart - 1) / _panelsPerPart;
    }

    private void SetRows(int rows)
    {
        _rows = rows;
        _rowsPerPart = Math.Max(1, rows / (4 * team.Threads));
    }

    private void MultiplyPart(DenseLayer layer, RowBuffer inputs, RowBuffer outputs, int part)
    {
        int from = part * _panelsPerPart;
        layer.Multiply(_buffers.Inputs(inputs), _rows, from, Math.Min(from + _panelsPerPart, layer.Panels), outputs.Start, outputs.Stride);
    }

    private void AttendPart(int part)
    {
        if (!_attentions.TryTake(out Attention? attention))
        {
            attention = new Attention(kernel);
        }

        (int text, int group) = (part / HeadGroups, part % HeadGroups);
        int start = _starts[text], tokens = _starts[text + 1] - start;
        int size = config.HeadSize, end = Math.Min((group + 1) * _headsPerPart, config.Heads);
        for (int head = group * _headsPerPart; head < end; head++)
        {
            float* first = _buffers.Wide.Row(start) + head * size;
            float* context = _buffers.Context.Row(_onlyFirst ? text : start) + head * size;
            attention.Run(first, first + _hidden, first + 2 * _hidden, _buffers.Wide.Stride, tokens, _onlyFirst ? 1 : tokens, size, context, _buffers.Context.Stride);
        }

        _attentions.Add(attention);
    }

    [SkipLocalsInit]
    private void RowsPart(int part)
    {
        float* scratch = stackalloc float[PassBuffers.Padded(Math.Max(_hidden, config.Intermediate))];
        int end = Math.Min((part + 1) * _rowsPerPart, _rows);
        for (int row = part * _rowsPerPart; row < end; row++)
        {
            DoRow(row, scratch);
        }
    }

    private void DoRow(int row, float* scratch)
    {
        float* state = _buffers.States.Row(row);
        float* wide = _buffers.Wide.Row(row);
        switch (_step)
        {
            case Step.Embed:
                EmbedRow(row, state);
                _layer.Project.Prepare(state, _buffers.Inputs(_buffers.States), row, scratch);
                break;
            case Step.PrepareContext:
                _layer.Attended.Prepare(_buffers.Context.Row(row), _buffers.Inputs(_buffers.Context), row, scratch);
                break;
            case Step.FinishAttention:
                AddAndNormalize(row, state, _layer.AttentionNorm);
                _layer.Up.Prepare(state, _buffers.Inputs(_buffers.States), row, scratch);
                break;
            case Step.Widen:
                RowOperations.Gelu(wide, config.Intermediate);
                _layer.Down.Prepare(wide, _buffers.Inputs(_buffers.Wide), row, scratch);
                break;
            case Step.FinishLayer:
                AddAndNormalize(row, state, _layer.OutputNorm);
                _next?.Project.Prepare(state, _buffers.Inputs(_buffers.States), row, scratch);
                break;
        }
    }

    private void EmbedRow(int row, float* state)
    {
        int text = Array.BinarySearch(_starts, 0, _texts + 1, row);
        int position = row - _starts[text < 0 ? ~text - 1 : text];
        weights.WordRow(_ids[row], new Span<float>(state, _hidden));
        fixed (float* positions = weights.Positions)
        {
            RowOperations.Add(state, positions + (nint)position * _hidden, _hidden);
        }

        RowOperations.Normalize(state, weights.EmbeddingNorm.Gain, weights.EmbeddingNorm.Bias, _hidden, config.LayerNormEpsilon);
    }

    private void AddAndNormalize(int row, float* state, VectorParameters norm)
    {
        RowOperations.Add(state, _buffers.Narrow.Row(row), _hidden);
        RowOperations.Normalize(state, norm.Gain, norm.Bias, _hidden, config.LayerNormEpsilon);
    }

    /// <summary>Moves the row of every text's first token to the front; from here on these are all rows.</summary>
    private void KeepFirstRows()
    {
        for (int i = 1; i < _texts; i++)
        {
            new ReadOnlySpan<float>(_buffers.States.Row(_starts[i]), _hidden).CopyTo(new Span<float>(_buffers.States.Row(i), _hidden));
        }

        SetRows(_texts);
    }

    private void Pool(Span<float> vectors)
    {
        for (int i = 0; i < _texts; i++)
        {
            Span<float> vector = vectors.Slice(i * _hidden, _hidden);
            if (pooling == Pooling.Cls)
            {
                new ReadOnlySpan<float>(_buffers.States.Row(i), _hidden).CopyTo(vector);
            }
            else
            {
                vector.Clear();
                fixed (float* sums = vector)
                {
                    for (int row = _starts[i]; row < _starts[i + 1]; row++)
                    {
                        RowOperations.Add(sums, _buffers.States.Row(row), _hidden);
                    }
                }
            }

            RowOperations.ToUnitLength(vector);
        }
    }
}
