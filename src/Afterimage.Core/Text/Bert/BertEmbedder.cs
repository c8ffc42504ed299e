using Afterimage.Text.Tokenizers;

namespace Afterimage.Text.Bert;

/// <summary>
/// A BERT model as the gateway's embedder. At most as many passes run as there are cores. A request that finds a core free starts at once, alone; requests
/// that have to wait are taken together, up to <see cref="WaitingTokensMax"/> tokens, because a pass over several short texts costs less than one each.
/// </summary>
public sealed class BertEmbedder : ITextEmbedder, IDisposable
{
    /// <summary>Tokens of waiting requests that one pass takes together.</summary>
    private const int WaitingTokensMax = 64;

    /// <summary>Requests that may wait: some seconds' work. Beyond it the embedder is over its limit, which is better said at once than late.</summary>
    private const int WaitingMax = 1024;

    private readonly BertEncoder _encoder;
    private readonly WordPieceTokenizer _tokenizer;
    private readonly int _tokensMax;
    private readonly Lock _lock = new();
    private readonly Queue<WaitingTexts> _waiting = [];
    private int _running;

    private BertEmbedder(BertEncoder encoder, WordPieceTokenizer tokenizer, int tokensMax, EmbeddingSpace space)
    {
        (_encoder, _tokenizer, _tokensMax, Space) = (encoder, tokenizer, tokensMax, space);
    }

    public EmbeddingSpace Space { get; }

    /// <inheritdoc cref="BertEncoder.Int8Refusal"/>
    public string? Int8Refusal => _encoder.Int8Refusal;

    /// <summary>Loads a model.</summary>
    /// <param name="path">Its folder.</param>
    /// <param name="name">What it is called in the space id, for example its repository.</param>
    /// <param name="commit">The commit it was pulled at; null where unknown, then the weights' fingerprint stands in the space id.</param>
    /// <param name="pooling">Null for the model's own.</param>
    /// <param name="precision">Null for the model's default.</param>
    /// <param name="packedPath">Folder for what is made of the model; null for <paramref name="path"/>.</param>
    /// <exception cref="InvalidDataException">The folder is not that of a model that can be read.</exception>
    public static BertEmbedder Load(
        string path, string name, string? commit = null, Pooling? pooling = null, Precision? precision = null, string? packedPath = null)
    {
        BertModelFolder folder = BertModelFolder.Open(path, packedPath);
        WordPieceTokenizer tokenizer = TokenizerFiles.Load(path);
        if (tokenizer.VocabularySize > folder.Config.Vocabulary)
        {
            throw new InvalidDataException($"{path}: the tokenizer has {tokenizer.VocabularySize} tokens, the model only {folder.Config.Vocabulary}");
        }

        BertEncoder encoder = BertEncoder.Load(folder, pooling ?? folder.Pooling, precision ?? folder.DefaultPrecision);
        string version = commit is null ? encoder.Fingerprint : commit[..Math.Min(12, commit.Length)];
        string id = $"bert/{Clean(name)}@{version}/{encoder.Pooling}/{encoder.Precision}-{(encoder.Precision == Precision.Int8 ? Int8File.Version : 1)}/wordpiece-1".ToLowerInvariant();
        return new BertEmbedder(encoder, tokenizer, folder.TokensMax, new EmbeddingSpace(id, folder.Config.Hidden));
    }

    public async ValueTask<EmbedOutcome> EmbedAsync(IReadOnlyList<string> texts, Memory<float> vectors, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (texts.Count == 0)
        {
            return EmbedOutcome.Embedded;
        }

        var work = new WaitingTexts(texts, _tokenizer, _tokensMax, cancellationToken);
        switch (Place(work))
        {
            case true:
                Run([work]);
                break;
            case null:
                return EmbedOutcome.Unavailable;
        }

        await work.Done.WaitAsync(cancellationToken);
        return work.TryCopyTo(vectors.Span, _tokenizer, Space.Dimensions) ? EmbedOutcome.Embedded : EmbedOutcome.Invalid;
    }

    public void Dispose() => _encoder.Dispose();

    private static string Clean(string name)
    {
        string clean = new([.. name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '/' or '+' or '-' ? c : '-')]);
        return clean.Length <= 100 ? clean : clean[^100..];
    }

    /// <summary>True where work may start now, false where it waits in the queue, null where there is no room for it.</summary>
    private bool? Place(WaitingTexts work)
    {
        lock (_lock)
        {
            if (_running < _encoder.Threads)
            {
                _running++;
                return true;
            }

            if (_waiting.Count >= WaitingMax)
            {
                return null;
            }

            _waiting.Enqueue(work);
            return false;
        }
    }

    private void Run(List<WaitingTexts> batch)
    {
        try
        {
            int[] ids = batch.Count == 1 ? batch[0].Ids : [.. batch.SelectMany(w => w.Ids)];
            int[] lengths = batch.Count == 1 ? batch[0].Lengths : [.. batch.SelectMany(w => w.Lengths)];
            float[] vectors = new float[lengths.Length * Space.Dimensions];
            _encoder.Encode(ids, lengths, vectors);
            int row = 0;
            foreach (WaitingTexts work in batch)
            {
                work.Complete(vectors, row * Space.Dimensions);
                row += work.Lengths.Length;
            }
        }
        catch (Exception fault)
        {
            batch.ForEach(work => work.Fail(fault));
        }
        finally
        {
            PassOn();
        }
    }

    /// <summary>Gives the place to those who wait, on a thread of the pool so that the caller gets its answer, or frees it.</summary>
    private void PassOn()
    {
        var batch = new List<WaitingTexts>();
        lock (_lock)
        {
            int tokens = 0;
            while (_waiting.TryPeek(out WaitingTexts? next) && (batch.Count == 0 || tokens + next.Ids.Length <= WaitingTokensMax))
            {
                _waiting.Dequeue();
                if (!next.IsGivenUp)
                {
                    tokens += next.Ids.Length;
                    batch.Add(next);
                }
            }

            if (batch.Count == 0)
            {
                _running--;
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(Run, batch, preferLocal: false);
    }
}
