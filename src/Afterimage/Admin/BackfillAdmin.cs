using System.Text.Json;
using Afterimage.Backfill;
using Afterimage.Backfill.Jobs;
using Afterimage.Backfill.Sources;
using Afterimage.Commands.Backfill;
using Afterimage.Gateway;
using Afterimage.Vectors;

namespace Afterimage.Admin;

/// <summary>The stages of a backfill at <c>/_afterimage/backfill</c>. Runs go on in the background; the other stages answer when they are done.</summary>
internal sealed class BackfillAdmin(BackfillService service, long imageBytesMax)
{
    /// <summary>Images a second beside live traffic where the operator names no rate. What hits cost meanwhile is in docs/backfill.md.</summary>
    private const double RateDefault = 100;

    public IEnumerable<AdminEndpoint> Endpoints =>
    [
        new("GET", "backfill", (context, _) => StatusAsync(context)),
        new("GET", "backfill/*/failures", (context, batch) => FailuresAsync(context, batch)),
        new("POST", "backfill", (context, _) => OrderAsync(context)),
    ];

    private async Task StatusAsync(HttpContext context)
    {
        IReadOnlyList<BackfillStatus> jobs = service.Status();
        await WriteAsync(context, $$"""
            {"running":{{(service.IsRunning ? "true" : "false")}},"fault":{{JsonSerializer.Serialize(service.LastFault)}},"jobs":[{{string.Join(',', jobs.Select(BackfillJson.Write))}}]}
            """);
    }

    private Task FailuresAsync(HttpContext context, string batch) => Guid.TryParse(batch, out Guid id)
        ? WriteAsync(context, $"[{string.Join(',', service.Failures(id).Take(10_000).Select(BackfillJson.Write))}]")
        : ErrorAnswers.WriteAsync(context, StatusCodes.Status400BadRequest, "bad-batch", "A batch is a UUID; GET /_afterimage/backfill names them.");

    private async Task OrderAsync(HttpContext context)
    {
        if (await AdminRoutes.ReadJsonAsync<BackfillOrder>(context) is not { } order)
        {
            return;
        }

        try
        {
            await FollowAsync(context, order);
        }
        catch (BackfillRefusedException e)
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status409Conflict, "backfill-refused", e.Message);
        }
        catch (Exception e) when (e is IOException or VectorIndexUnavailableException or InvalidDataException)
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "backfill-failed", e.Message);
        }
    }

    private async Task FollowAsync(HttpContext context, BackfillOrder order)
    {
        CancellationToken aborted = context.RequestAborted;
        switch (order.Action)
        {
            case "run" or "pilot":
                await WithSourceAsync(context, order);
                break;
            case "cancel":
                await WriteAsync(context, await service.CancelAsync() ? """{"cancelled":true}""" : """{"cancelled":false}""");
                break;
            case "validate":
                await WriteAsync(context, BackfillJson.Write(await service.ValidateAsync(order.Batch, Math.Clamp(order.Sample, 0, 10_000), aborted)));
                break;
            case "rollback" when order.Batch is { } batch:
                await WriteAsync(context, BackfillJson.Write(await service.RollbackAsync(batch, order.DryRun, CancellationToken.None)));
                break;
            case "reindex":
                await WriteAsync(context, BackfillJson.Write(await service.ReindexAsync(null, aborted)));
                break;
            default:
                await ErrorAnswers.WriteAsync(context, StatusCodes.Status400BadRequest, "bad-action", "action is run, cancel, pilot, validate, rollback (with batch) or reindex");
                break;
        }
    }

    private async Task WithSourceAsync(HttpContext context, BackfillOrder order)
    {
        IImageSource? source = BackfillParts.OpenSource(order.Source ?? "", order.Endpoint, order.Region, imageBytesMax, out string? mistake);
        TimeWindow? between = null;
        if (source is null || (order.Between is not null && !TimeWindow.TryParse(order.Between, out between)))
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status400BadRequest, "bad-source", mistake ?? "between: two times such as 01:00-06:00");
            return;
        }

        var options = new BackfillOptions
        {
            InPlace = order.InPlace ?? source.InPlaceByDefault,
            Concurrency = Math.Clamp(order.Concurrency, 1, 256),
            RateMax = order.Rate ?? RateDefault,
            Between = between,
            Set = order.Set,
            ImageBytesMax = imageBytesMax,

            // Small chunks: each is a short burst of work beside live traffic.
            ChunkSize = 32,
        };
        if (order.Action == "pilot")
        {
            await using (source)
            {
                await WriteAsync(context, BackfillJson.Write(await service.PilotAsync(source, options, Math.Clamp(order.PerBucket, 1, 1000), context.RequestAborted)));
            }

            return;
        }

        service.Start(source, options, order.Again, order.RetryFailed);
        await WriteAsync(context, """{"started":true}""");
    }

    private static Task WriteAsync(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.WriteAsync(json.Trim(), context.RequestAborted);
    }
}
