using System.CommandLine;
using System.Text.Json;

namespace Afterimage.Commands;

/// <summary><c>afterimage stats</c>: the figures of a running gateway.</summary>
internal static class StatsCommand
{
    public static Command Create()
    {
        Option<string> url = AdminClient.Url();
        Option<string?> token = AdminClient.Token();
        var json = new Option<bool>("--json") { Description = "Print the JSON of the admin interface." };
        var command = new Command("stats", "Show what a running gateway has done so far.") { url, token, json };
        command.SetAction((parsed, cancellationToken) => AdminClient.SendAsync(
            parsed.GetValue(url)!, parsed.GetValue(token), HttpMethod.Get, "stats", null, parsed.GetValue(json) ? null : Print, cancellationToken));
        return command;
    }

    private static void Print(JsonElement stats)
    {
        JsonElement shares = stats.GetProperty("shares"), store = stats.GetProperty("store");
        Console.Out.WriteLine($"up           {TimeSpan.FromSeconds(stats.GetProperty("uptimeSeconds").GetDouble())}");
        foreach (JsonProperty tier in stats.GetProperty("requests").EnumerateObject())
        {
            string share = shares.TryGetProperty(tier.Name, out JsonElement s) ? $"{s.GetDouble() * 100,6:0.0} %" : "";
            Console.Out.WriteLine($"{tier.Name,-12} {tier.Value.GetDouble(),12:0} {share}");
        }

        Console.Out.WriteLine($"saved        {stats.GetProperty("originSecondsSaved").GetDouble(),12:0.0} s of origin time");
        Console.Out.WriteLine($"entries      {store.GetProperty("entries").GetInt64(),12} {store.GetProperty("bytes").GetInt64() / 1e6,10:0.0} MB");
        JsonElement index = stats.GetProperty("index");
        string vectors = index.TryGetProperty("vectors", out JsonElement count) ? $"{count.GetInt64()}" : "unknown";
        Console.Out.WriteLine($"vectors      {vectors,12} in space {index.GetProperty("space").GetString()}");
        if (index.TryGetProperty("fault", out JsonElement fault))
        {
            Console.Out.WriteLine($"             {fault.GetString()}");
        }
    }
}
