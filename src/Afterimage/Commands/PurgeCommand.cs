using System.CommandLine;
using System.Text.Json;

namespace Afterimage.Commands;

/// <summary><c>afterimage purge</c>: removes entries of a running gateway; without <c>--yes</c> it only says what would go.</summary>
internal static class PurgeCommand
{
    public static Command Create()
    {
        Option<string> url = AdminClient.Url();
        Option<string?> token = AdminClient.Token();
        var id = new Option<string?>("--id") { Description = "One entry, by its id or by the X-Afterimage-Id of a response." };
        var request = new Option<string?>("--request") { Description = "One request, as a client asks it: /prompt/a%20cat?seed=1." };
        var tenant = new Option<string?>("--tenant") { Description = "Only one tenant's; without it a request is removed in every scope." };
        var model = new Option<string?>("--model") { Description = "All entries of a model." };
        var older = new Option<double?>("--older-than") { Description = "Entries made longer ago than this many seconds." };
        var batch = new Option<Guid?>("--batch") { Description = "All entries of a backfill batch." };
        var all = new Option<bool>("--all") { Description = "Everything." };
        var yes = new Option<bool>("--yes") { Description = "Really remove; without it nothing is changed." };
        var json = new Option<bool>("--json") { Description = "Print the JSON of the admin interface." };
        var command = new Command("purge", "Remove entries (and their vectors) of a running gateway. A dry run unless --yes is given.") { id, request, tenant, model, older, batch, all, yes, json, url, token };
        command.SetAction((parsed, cancellationToken) => AdminClient.SendAsync(
            parsed.GetValue(url)!,
            parsed.GetValue(token),
            HttpMethod.Post,
            "purge",
            new
            {
                id = parsed.GetValue(id),
                request = parsed.GetValue(request),
                tenant = parsed.GetValue(tenant),
                model = parsed.GetValue(model),
                olderThanSeconds = parsed.GetValue(older),
                batch = parsed.GetValue(batch),
                all = parsed.GetValue(all),
                dryRun = !parsed.GetValue(yes),
            },
            parsed.GetValue(json) ? null : Print,
            cancellationToken));
        return command;
    }

    private static void Print(JsonElement report)
    {
        int matched = report.GetProperty("matched").GetInt32();
        Console.Out.WriteLine(report.GetProperty("dryRun").GetBoolean()
            ? $"{matched} entries would be removed; --yes removes them"
            : $"{report.GetProperty("deleted").GetInt32()} of {matched} entries removed");
        foreach (JsonElement entry in report.GetProperty("sample").EnumerateArray())
        {
            Console.Out.WriteLine($"  {entry.GetProperty("id").GetString()}  {entry.GetProperty("model").GetString()}  {entry.GetProperty("prompt").GetString()}");
        }
    }
}
