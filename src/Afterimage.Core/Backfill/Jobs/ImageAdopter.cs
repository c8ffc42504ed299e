using Afterimage.Backfill.Extraction;
using Afterimage.Backfill.Sources;
using Afterimage.Entries;
using Afterimage.Images;
using Afterimage.Requests;

namespace Afterimage.Backfill.Jobs;

/// <summary>What became of one image: a header to store (with its bytes where they are copied), or a failure.</summary>
internal readonly record struct AdoptedImage(SourceImage Image, EntryHeader? Header, ReadOnlyMemory<byte> Body, BackfillFailure? Failure)
{
    /// <summary>What <see cref="Body"/> is part of, to be disposed once that is stored; null where nothing is kept.</summary>
    public SourceContent? Content { get; init; }

    public long BytesRead { get; init; }

    /// <summary>The picture's own size in pixels; zero where it is not known or the picture is not whole.</summary>
    public (int Width, int Height) Size { get; init; }
}

/// <summary>Reads one image, checks its bytes, learns its request and makes the entry's header. Depends on nothing but the image and the job.</summary>
internal sealed class ImageAdopter(BackfillContext context, IImageSource source, BackfillJob job)
{
    private readonly BackfillOptions _options = job.Options;

    public async ValueTask<AdoptedImage> AdoptAsync(SourceImage image, CancellationToken cancellationToken)
    {
        try
        {
            return image.Length == 0 ? Failed(image, "empty", null)
                : image.Length > _options.ImageBytesMax ? Failed(image, "too large", $"{image.Length} bytes")
                : await TryAdoptAsync(image, cancellationToken);
        }
        catch (SourceException e)
        {
            return Failed(image, "unreadable", e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // A mistake of ours that one file brings to light must not end the job at that file, on every attempt to go on.
            return Failed(image, "internal fault", $"{e.GetType().Name}: {e.Message}");
        }
    }

    private async ValueTask<AdoptedImage> TryAdoptAsync(SourceImage image, CancellationToken cancellationToken)
    {
        SourceContent? content = await ReadAsync(image, cancellationToken);
        AdoptedImage adopted = content is null ? Failed(image, "gone", null)
            : content.Bytes.Length > _options.ImageBytesMax ? Failed(image, "too large", $"{content.Bytes.Length} bytes")
            : await UnderstandAsync(image, content, cancellationToken);
        if (adopted.Body.IsEmpty)
        {
            content?.Dispose();
            return adopted;
        }

        return adopted with { Content = content };
    }

    private async ValueTask<AdoptedImage> UnderstandAsync(SourceImage image, SourceContent content, CancellationToken cancellationToken)
    {
        if (MovedEntry.Read(image, content.Bytes, job, context.Time.GetUtcNow()) is { } moved)
        {
            return moved;
        }

        ImageReport report = ImageInspector.Inspect(content.Bytes.Span);
        AdoptedImage adopted = await UnderstandAsync(image, content, report, cancellationToken);
        return adopted with { BytesRead = content.Bytes.Length, Size = report.IsComplete ? (report.Width, report.Height) : default };
    }

    private async ValueTask<AdoptedImage> UnderstandAsync(SourceImage image, SourceContent content, ImageReport report, CancellationToken cancellationToken)
    {
        if (!report.IsComplete)
        {
            return Failed(image, report.Defect switch
            {
                ImageDefect.Empty => "empty",
                ImageDefect.UnknownFormat => "not an image",
                ImageDefect.Truncated => "incomplete image",
                ImageDefect.BadDimensions => "absurd size",
                _ => "damaged image",
            }, report.Format == ImageFormat.Unknown ? null : $"{report.Format} {report.Width}x{report.Height}");
        }

        var input = new ExtractionInput(image.Key, content.Metadata, content.Bytes, null);
        Extracted? extracted = Extractor.FromImage(input);
        if (extracted is null && await source.ReadSidecarAsync(image, cancellationToken) is { } sidecar)
        {
            extracted = Extractor.FromSidecar(new ExtractionInput(image.Key, content.Metadata, content.Bytes, sidecar));
        }

        if (extracted is null)
        {
            return Failed(image, Keys.KeyReader.Read(Path.GetFileName(image.Key)).Truncated ? "key cut off, no other trace of the prompt" : "no prompt found", null);
        }

        if (extracted.Besides != BesidesWords.Nothing)
        {
            return Failed(image, extracted.Besides == BesidesWords.Image ? "made from another image" : "prompt not known in full", extracted.Strategy);
        }

        if (_options.Set.Count > 0)
        {
            extracted = extracted with { Parameters = [.. extracted.Parameters.Where(p => !_options.Set.ContainsKey(p.Key)), .. _options.Set] };
        }

        Hash256 hash = Hash256.Of(content.Bytes.Span);
        return context.Mapper.Map(extracted, report, hash, out string? reason) is { } request
            ? new AdoptedImage(image, Header(image, content, report, hash, request, extracted), _options.InPlace ? default : content.Bytes, null)
            : Failed(image, reason ?? "request not accepted", null);
    }

    private EntryHeader Header(SourceImage image, SourceContent content, ImageReport report, Hash256 hash, ImageRequest request, Extracted extracted) => new()
    {
        Id = BatchIds.Of(job, request.ExactKey, image.Key),
        Request = request,
        Key = request.ExactKey,
        Created = image.Modified is { } modified && modified < job.Started ? modified : job.Started,
        Source = EntrySource.Backfill,
        Batch = job.Batch,
        Extraction = extracted.Strategy,
        ContentType = report.ContentType,
        ContentHash = hash,
        Length = content.Bytes.Length,
        Width = report.Width,
        Height = report.Height,
        Location = _options.InPlace ? image.Location : null,
    };

    private async ValueTask<SourceContent?> ReadAsync(SourceImage image, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await source.ReadAsync(image, cancellationToken);
            }
            catch (SourceException e) when (e.IsTransient && attempt < _options.Attempts)
            {
                await Task.Delay(_options.Backoff * (1 << (attempt - 1)), context.Time, cancellationToken);
            }
        }
    }

    private static AdoptedImage Failed(SourceImage image, string reason, string? detail) => new(image, null, default, new BackfillFailure(image.Key, reason, detail));
}
