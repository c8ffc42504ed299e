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
    private readonly nint _rowStride = Padded(config.Hidden);
    private readonly nint _wideStride = Padded(Math.Max(3 * config.Hidden, config.Intermediate));
    private readonly nint _narrowStride = Padded(config.Hidden);
    private readonly nint _codeStride = CodeStride(config, kernel.Codes);

    // Scratch for heads: as many as threads may be at it at once.
    private readonly ConcurrentBag<Attention> _attentions = [];

    private NativeBuffer? _memory;
    private int _capacity;
    private float* _states, _context, _wide, _narrow, _rowScales;
    private byte* _codes;

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
        _memory?.Dispose();
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
                MultiplyPart(_layer.Project, _states, _rowStride, _wide, _wideStride, part);
                break;
            case Step.Attend:
                AttendPart(part);
                break;
            case Step.Attended:
                MultiplyPart(_layer.Attended, _context, _rowStride, _narrow, _narrowStride, part);
                break;
            case Step.Up:
                MultiplyPart(_layer.Up, _states, _rowStride, _wide, _wideStride, part);
                break;
            case Step.Down:
                MultiplyPart(_layer.Down, _wide, _wideStride, _narrow, _narrowStride, part);
                break;
            default:
                RowsPart(part);
                break;
        }
    }

    private void Begin(ReadOnlySpan<int> ids, ReadOnlySpan<int> lengths)
    {
        Reserve(ids.Length);
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

    private void MultiplyPart(DenseLayer layer, float* inputs, nint inputStride, float* outputs, nint outputStride, int part)
    {
        int from = part * _panelsPerPart;
        layer.Multiply(Inputs(inputs, inputStride), _rows, from, Math.Min(from + _panelsPerPart, layer.Panels), outputs, outputStride);
    }

    private Activations Inputs(float* values, nint stride) => new(values, stride, _codes, _codeStride, _rowScales);

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
            float* first = _wide + start * _wideStride + head * size;
            float* context = _context + (_onlyFirst ? text : start) * _rowStride + head * size;
            attention.Run(first, first + _hidden, first + 2 * _hidden, _wideStride, tokens, _onlyFirst ? 1 : tokens, size, context, _rowStride);
        }

        _attentions.Add(attention);
    }

    [SkipLocalsInit]
    private void RowsPart(int part)
    {
        float* scratch = stackalloc float[Padded(Math.Max(_hidden, config.Intermediate))];
        int end = Math.Min((part + 1) * _rowsPerPart, _rows);
        for (int row = part * _rowsPerPart; row < end; row++)
        {
            DoRow(row, scratch);
        }
    }

    private void DoRow(int row, float* scratch)
    {
        float* state = _states + row * _rowStride;
        float* wide = _wide + row * _wideStride;
        switch (_step)
        {
            case Step.Embed:
                EmbedRow(row, state);
                _layer.Project.Prepare(state, Inputs(_states, _rowStride), row, scratch);
                break;
            case Step.PrepareContext:
                _layer.Attended.Prepare(_context + row * _rowStride, Inputs(_context, _rowStride), row, scratch);
                break;
            case Step.FinishAttention:
                AddAndNormalize(row, state, _layer.AttentionNorm);
                _layer.Up.Prepare(state, Inputs(_states, _rowStride), row, scratch);
                break;
            case Step.Widen:
                RowOperations.Gelu(wide, config.Intermediate);
                _layer.Down.Prepare(wide, Inputs(_wide, _wideStride), row, scratch);
                break;
            case Step.FinishLayer:
                AddAndNormalize(row, state, _layer.OutputNorm);
                _next?.Project.Prepare(state, Inputs(_states, _rowStride), row, scratch);
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
        RowOperations.Add(state, _narrow + row * _narrowStride, _hidden);
        RowOperations.Normalize(state, norm.Gain, norm.Bias, _hidden, config.LayerNormEpsilon);
    }

    /// <summary>Moves the row of every text's first token to the front; from here on these are all rows.</summary>
    private void KeepFirstRows()
    {
        for (int i = 1; i < _texts; i++)
        {
            new ReadOnlySpan<float>(_states + _starts[i] * _rowStride, _hidden).CopyTo(new Span<float>(_states + i * _rowStride, _hidden));
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
                new ReadOnlySpan<float>(_states + i * _rowStride, _hidden).CopyTo(vector);
            }
            else
            {
                vector.Clear();
                fixed (float* sums = vector)
                {
                    for (int row = _starts[i]; row < _starts[i + 1]; row++)
                    {
                        RowOperations.Add(sums, _states + row * _rowStride, _hidden);
                    }
                }
            }

            RowOperations.ToUnitLength(vector);
        }
    }

    private void Reserve(int rows)
    {
        if (rows <= _capacity)
        {
            return;
        }

        _capacity = (rows + 15) / 16 * 16;
        _memory?.Dispose();
        long floats = _capacity * (2 * _rowStride + _wideStride + _narrowStride + 1) * sizeof(float);

        // Behind the inputs of a row there may be codes up to a whole step; their weights are zero, so any value will do.
        _memory = new NativeBuffer(floats + _capacity * _codeStride);
        _states = _memory.Floats;
        _context = _states + _capacity * _rowStride;
        _wide = _context + _capacity * _rowStride;
        _narrow = _wide + _capacity * _wideStride;
        _rowScales = _narrow + _capacity * _narrowStride;
        _codes = (byte*)(_rowScales + _capacity);
        _ids = new int[_capacity];
    }

    /// <summary>To whole panels of every kind of layer.</summary>
    private static int Padded(int count) => (count + Fp32Panel.Width - 1) / Fp32Panel.Width * Fp32Panel.Width;

    private static nint CodeStride(BertConfig config, CodeFormat format) =>
        (Math.Max(config.Hidden, config.Intermediate) + 63) / 64 * 64 * (format == CodeFormat.Signed16 ? sizeof(short) : 1);
}
