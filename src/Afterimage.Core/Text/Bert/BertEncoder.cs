using System.Collections.Concurrent;
using System.Globalization;
using Afterimage.Text.Bert.Kernels;

namespace Afterimage.Text.Bert;

/// <summary>A BERT sentence encoder: token ids in, unit vectors out. Thread-safe; every call computes on its own thread, with helpers where cores are free.</summary>
public sealed class BertEncoder : IDisposable
{
    /// <summary>Tokens that one pass takes when there are many texts: enough to use every weight often, few enough to stay in the cache.</summary>
    private const int TokensPerPass = 256;

    private readonly ConcurrentBag<ForwardPass> _passes = [];
    private readonly BertWeights _weights;
    private readonly DenseKernel _kernel;
    private readonly WorkTeam _team;
    private readonly Pooling _pooling;
    private int _disposed;

    private BertEncoder(BertConfig config, BertWeights weights, Pooling pooling, DenseKernel kernel, WorkTeam team)
    {
        (Config, _weights, _pooling, _kernel, _team) = (config, weights, pooling, kernel, team);
    }

    public BertConfig Config { get; }

    public Pooling Pooling => _pooling;

    /// <summary>What it computes in; see <see cref="Int8Refusal"/>.</summary>
    public Precision Precision => _weights.Precision;

    /// <summary>
    /// Null, or why it computes in floats although 8 bits were asked for: rounding would turn this model's vectors, which is measured on some texts when its
    /// weights are packed.
    /// </summary>
    public string? Int8Refusal => _weights.Refused is not { } agreement ? null : string.Create(
        CultureInfo.InvariantCulture,
        $"computed in floats: in 8 bits its vectors would have a cosine of {agreement.Mean:0.0000} to these on average, {agreement.Worst:0.0000} at worst");

    /// <summary>Eight hexadecimal digits that tell this model's weights from others.</summary>
    public string Fingerprint => Convert.ToHexStringLower(_weights.Fingerprint.AsSpan(0, 4));

    /// <summary>Passes that can run side by side without sharing a core.</summary>
    public int Threads => _team.Threads;

    /// <summary>The kernel in use, for reports.</summary>
    public string Kernel => _kernel.Name;

    /// <exception cref="InvalidDataException">The files do not fit together or are damaged.</exception>
    public static BertEncoder Load(BertModelFolder folder, Pooling pooling, Precision precision) =>
        Load(folder, pooling, precision, DenseKernel.Best, WorkTeam.Shared);

    internal static BertEncoder Load(BertModelFolder folder, Pooling pooling, Precision precision, DenseKernel kernel, WorkTeam team) =>
        new(folder.Config, BertWeights.Load(folder, precision, kernel), pooling, kernel, team);

    /// <summary>Encodes texts.</summary>
    /// <param name="ids">Token ids of all texts, end to end, start and end tokens included.</param>
    /// <param name="lengths">Tokens of each text, 1 to <see cref="BertConfig.Positions"/>.</param>
    /// <param name="vectors">One row of <see cref="BertConfig.Hidden"/> floats per text.</param>
    public void Encode(ReadOnlySpan<int> ids, ReadOnlySpan<int> lengths, Span<float> vectors)
    {
        Check(ids, lengths, vectors);
        if (!_passes.TryTake(out ForwardPass? pass))
        {
            pass = new ForwardPass(Config, _weights, _pooling, _kernel, _team);
        }

        while (!lengths.IsEmpty)
        {
            int texts = 1, tokens = lengths[0];
            while (texts < lengths.Length && tokens + lengths[texts] <= TokensPerPass)
            {
                tokens += lengths[texts++];
            }

            pass.Encode(ids[..tokens], lengths[..texts], vectors);
            ids = ids[tokens..];
            lengths = lengths[texts..];
            vectors = vectors[(texts * Config.Hidden)..];
        }

        _passes.Add(pass);
    }

    /// <summary>Frees the model; no call may be running.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        while (_passes.TryTake(out ForwardPass? pass))
        {
            pass.Dispose();
        }

        _weights.Dispose();
    }

    private void Check(ReadOnlySpan<int> ids, ReadOnlySpan<int> lengths, Span<float> vectors)
    {
        long tokens = 0;
        foreach (int length in lengths)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Config.Positions);
            tokens += length;
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(tokens, ids.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(vectors.Length, lengths.Length * Config.Hidden);
        foreach (int id in ids)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)Config.Vocabulary, nameof(ids));
        }
    }
}
