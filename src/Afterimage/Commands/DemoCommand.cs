using System.CommandLine;
using Afterimage.Gateway;

namespace Afterimage.Commands;

/// <summary><c>afterimage demo</c>: the gateway before the built-in origin, with a few pictures already in the cache.</summary>
internal static class DemoCommand
{
    private static readonly string[] Seeded = ["a red fox in the snow", "a lighthouse on a cliff at night", "three yellow tulips in a vase"];

    public static Command Create()
    {
        var listen = new Option<string>("--listen") { Description = "Where to listen.", HelpName = "URL", DefaultValueFactory = _ => "http://127.0.0.1:8080" };
        var data = new Option<string?>("--data") { Description = "Folder for entries and index. Default: a temporary one, removed at the end.", HelpName = "DIR" };
        var command = new Command("demo", "Serve with the built-in demo origin and a few pictures already in the cache, and show how to try it.") { listen, data };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var mistakes = new List<string>();
            List<KeyValuePair<string, string?>> overrides = SettingArguments.Parse(parsed.UnmatchedTokens, mistakes);
            string? kept = parsed.GetValue(data);
            string folder = kept ?? Directory.CreateTempSubdirectory("afterimage-demo-").FullName;
            overrides.Add(new("Origin:Url", "demo"));
            overrides.Add(new("Listen", parsed.GetValue(listen)));
            overrides.Add(new("Data", folder));
            try
            {
                return await ServeCommand.LoadAndRunAsync(null, overrides, mistakes, ShowAsync, cancellationToken);
            }
            finally
            {
                if (kept is null)
                {
                    Directory.Delete(folder, recursive: true);
                }
            }
        });
        return command;
    }

    private static async Task ShowAsync(GatewayHost gateway, CancellationToken stop)
    {
        string address = gateway.Addresses[0];
        Console.Error.WriteLine($"afterimage: drawing {Seeded.Length} pictures for the cache ...");
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        await Task.WhenAll(Seeded.Select(prompt => client.GetAsync($"/prompt/{Uri.EscapeDataString(prompt)}?width=512&height=512", stop)));
        string curl = $"curl -s -o fox.png -w '%{{time_total}} s\\n' -D - '{address}/prompt";
        Console.Error.WriteLine($"""

            Try it (the headers X-Cache and X-Cache-Type tell what happened, the last line how long it took):

              # MISS: nobody asked this before; the demo origin draws it, slowly on purpose
              {curl}/a%20green%20parrot%20on%20a%20branch?width=512&height=512'

              # exact HIT: the same request again
              {curl}/a%20green%20parrot%20on%20a%20branch?width=512&height=512'

              # semantic HIT: other words, same meaning; the fox was drawn at the start
              {curl}/please%20generate%20an%20image%20of%20a%20crimson%20fox%20in%20the%20snow?width=512&height=512'

              # MISS again: one word, another meaning; X-Semantic-Best-Similarity tells how near the fox was
              {curl}/a%20blue%20fox%20in%20the%20snow?width=512&height=512'

              # why?
              curl -s '{address}/_afterimage/explain?a=a%20blue%20fox%20in%20the%20snow&b=a%20red%20fox%20in%20the%20snow'

            Stop with Ctrl-C.
            """);
    }
}
