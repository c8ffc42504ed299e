using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Afterimage.Backfill.Keys;

namespace Afterimage.Commands.Backfill;

/// <summary><c>afterimage backfill keys FILE</c>: what each line, an object key, means.</summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A file with one object key a line; - for standard input." };
        var json = new Option<bool>("--json") { Description = "One JSON object a line: key, prompt, parameters, strategy, truncated." };
        var command = new Command("keys", "Show what object keys of an earlier cache mean.") { file, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetValue(file)!;
            if (path != "-" && !File.Exists(path))
            {
                Console.Error.WriteLine($"afterimage: there is no file '{path}'");
                return ExitCode.Failed;
            }

            using TextReader reader = path == "-" ? Console.In : new StreamReader(path, Encoding.UTF8);
            await using Stream output = new BufferedStream(Console.OpenStandardOutput(), 1 << 16);
            while (await reader.ReadLineAsync(cancellationToken) is { } key)
            {
                if (key.Length > 0)
                {
                    Write(output, key, KeyReader.Read(key), parsed.GetValue(json));
                }
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(Stream output, string key, KeyReading reading, bool json)
    {
        if (json)
        {
            using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            writer.WriteStartObject();
            writer.WriteString("key", key);
            writer.WriteString("prompt", reading.Prompt);
            writer.WriteStartObject("parameters");
            foreach ((string name, string value) in reading.Parameters.DistinctBy(p => p.Key))
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
            writer.WriteString("strategy", reading.StrategyName);
            writer.WriteBoolean("truncated", reading.Truncated);
            writer.WriteEndObject();
            writer.Flush();
            output.WriteByte((byte)'\n');
            return;
        }

        string parameters = string.Join(' ', reading.Parameters.Select(p => $"{p.Key}={p.Value}"));
        output.Write(Encoding.UTF8.GetBytes($"{reading.StrategyName,-14} {reading.Prompt ?? "?"}{(parameters.Length > 0 ? "  |  " + parameters : "")}\n"));
    }
}
