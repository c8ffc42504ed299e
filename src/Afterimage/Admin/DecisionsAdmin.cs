using System.Globalization;
using System.Net;
using System.Text;
using Afterimage.Caching;
using Afterimage.Gateway;
using Afterimage.Matching;
using Afterimage.Text;

namespace Afterimage.Admin;

/// <summary>What a person says of a served or shadowed pair.</summary>
/// <param name="Id">X-Afterimage-Id of the response.</param>
/// <param name="Verdict"><c>wrong</c> or <c>right</c>.</param>
internal sealed record FeedbackOrder(string Id, string Verdict);

/// <summary>Decisions of the semantic tier: review, feedback, and two prompts explained.</summary>
internal sealed class DecisionsAdmin(DecisionJournal journal, SemanticTier semantic, SharedChanges? changes)
{
    public IEnumerable<AdminEndpoint> Endpoints =>
    [
        new("GET", "explain", (context, _) => ExplainAsync(context)),
        new("GET", "decisions", (context, _) => ListAsync(context)),
        new("GET", "shadow", (context, _) => PageAsync(context)),
        new("POST", "feedback", (context, _) => FeedbackAsync(context)),
    ];

    private async Task ExplainAsync(HttpContext context)
    {
        string a = context.Request.Query["a"].ToString(), b = context.Request.Query["b"].ToString();
        if (a.Length == 0 || b.Length == 0)
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status400BadRequest, "explain-what", "Give two prompts: explain?a=...&b=...");
            return;
        }

        int n = semantic.Embedder.Space.Dimensions;
        float[] vectors = new float[2 * n];
        if (await semantic.Embedder.EmbedAsync([a, b], vectors, context.RequestAborted) is var outcome and not EmbedOutcome.Embedded)
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "embedder-away", $"The prompts could not be embedded now ({outcome}).");
            return;
        }

        float similarity = 0;
        for (int i = 0; i < n; i++)
        {
            similarity += vectors[i] * vectors[n + i];
        }

        Verdict verdict = semantic.Policy.Judge(PromptReading.Of(a), PromptReading.Of(b), similarity);
        await AdminRoutes.WriteJsonAsync(context, new { a, b, similarity, verdict.Probability, verdict = verdict.Decision, verdict.Reasons, policy = semantic.Policy.Name, space = semantic.Embedder.Space.Id });
    }

    private Task ListAsync(HttpContext context) => AdminRoutes.WriteJsonAsync(context, new { decisions = journal.Latest(Limit(context), Filter(context)) });

    private async Task FeedbackAsync(HttpContext context)
    {
        if (await AdminRoutes.ReadJsonAsync<FeedbackOrder>(context) is not { } order)
        {
            return;
        }

        if (order.Verdict is not ("wrong" or "right"))
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status400BadRequest, "feedback-verdict", "verdict is wrong or right.");
            return;
        }

        if (journal.Find(order.Id ?? "") is not { Candidate: { } candidate } decision)
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status404NotFound, "no-such-decision", $"No semantic decision with the id '{order.Id}' is kept; feedback is about semantic hits and shadowed pairs.");
            return;
        }

        var feedback = new Feedback(
            decision.Asked, candidate, decision.Partition, decision.CandidateKey!.Value, decision.PolicyProbability ?? 0, decision.Similarity ?? 0, order.Verdict == "right");
        feedback.LearnBy(semantic);

        // Also where whoever said it hung up meanwhile: what was learnt here is learnt everywhere.
        string? others = changes is null ? null : await changes.PublishAsync(feedback, CancellationToken.None) ? "told" : "told later";
        await AdminRoutes.WriteJsonAsync(context, new { recorded = order.Verdict, decision.Asked, stored = candidate, others });
    }

    /// <summary>Pairs with both pictures, for a person to look through.</summary>
    private Task PageAsync(HttpContext context)
    {
        var page = new StringBuilder("""
            <!doctype html><html lang="en"><meta charset="utf-8"><title>Afterimage: semantic decisions</title>
            <style>body{font:15px/1.45 system-ui,sans-serif;margin:2rem;max-width:1100px}article{display:grid;grid-template-columns:1fr 1fr;gap:1rem;border-top:1px solid #ccc;padding:1rem 0}
            img{max-width:100%;max-height:320px;background:#eee;min-height:60px}h2{grid-column:1/3;font-size:1rem;margin:0}.reuse{color:#176b2c}.rejected{color:#9b2222}small{color:#666}</style>
            <h1>Semantic decisions</h1><p>Left: what was asked (its picture, where the origin drew one). Right: the stored picture that was reused, would have been (shadow), or was refused.</p>

            """);
        foreach (DecisionRecord d in journal.Latest(Limit(context), Filter(context)))
        {
            string outcome = d.Outcome.ToString().ToLowerInvariant();
            page.Append($"""
                <article><h2 class="{outcome}">{outcome} · {d.Mode.ToString().ToLowerInvariant()} · similarity {d.Similarity:0.000} · probability {d.Probability:0.000}
                <small>{d.Time:yyyy-MM-dd HH:mm:ss} · {d.Id}</small><br>{Html(string.Join("; ", d.Reasons))}</h2>
                <div>{Html(d.Asked)}<br><img loading="lazy" alt="not drawn" src="entries/{d.Id}/image"></div><div>{Html(d.Candidate ?? "")}<br><img loading="lazy" alt="gone" src="entries/{d.CandidateId}/image"></div></article>

                """);
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'";
        return context.Response.WriteAsync(page.ToString(), context.RequestAborted);
    }

    private static int Limit(HttpContext context) =>
        int.TryParse(context.Request.Query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? Math.Clamp(asked, 1, 1000) : 100;

    private static Func<DecisionRecord, bool> Filter(HttpContext context)
    {
        string mode = context.Request.Query["mode"].ToString(), outcome = context.Request.Query["outcome"].ToString();
        return d => (mode.Length == 0 || d.Mode.ToString().Equals(mode, StringComparison.OrdinalIgnoreCase))
            && (outcome.Length == 0 || d.Outcome.ToString().Equals(outcome, StringComparison.OrdinalIgnoreCase));
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);
}
