using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Afterimage.Cloud.HuggingFace;
using Afterimage.Text.Bert;
using Afterimage.Text.Tokenizers;

namespace Afterimage.Commands.Models;

/// <summary><c>afterimage model embed</c>: texts in, one JSON line each with token ids and vector.</summary>
internal static class ModelEmbedCommand
{
    private const int TextsPerBatch = 64;

    private static readonly JsonWriterOptions AsIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var text = new Argument<string?>("text") { Description = "The text.", Arity = ArgumentArity.ZeroOrOne };
        var model = new Option<string>("--model")
        {
            Description = "A folder, a known name or a repository id that has been pulled.",
            DefaultValueFactory = _ => KnownModel.All[0].Repository,
        };
        var pooling = new Option<Pooling?>("--pooling") { Description = "cls or mean; the model's own where not given." };
        var precision = new Option<Precision?>("--precision") { Description = "fp32 or int8; int8 where not given, except for tiny models and those that 8 bits would harm." };
        var lines = new Option<string?>("--lines") { Description = "A .jsonl file: on each line an object with \"text\", or a JSON string." };
        var json = new Option<bool>("--json") { Description = "JSON lines, which is the only form there is." };
        var command = new Command("embed", "Print the token ids and the vector of texts.") { text, model, pooling, precision, lines, json };
        command.Validators.Add(result =>
        {
            if ((result.GetValue(text) is null) == (result.GetValue(lines) is null))
            {
                result.AddError("give either a text or --lines FILE.jsonl");
            }
        });
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => Run(parsed.GetValue(model)!, parsed.GetValue(pooling), parsed.GetValue(precision), parsed.GetValue(text), parsed.GetValue(lines),
                parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellationToken),
            cancellationToken));
        return command;
    }

    internal static int Run(
        string model, Pooling? pooling, Precision? precision, string? text, string? linesPath, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var store = new ModelStore(HubSettings.FromEnvironment());
        if (store.Find(model) is not { } path)
        {
            error.WriteLine(ModelStore.NotHere(model));
            return ExitCode.Failed;
        }

        try
        {
            BertModelFolder folder = BertModelFolder.Open(path, store.PackedFolderOf(path));
            WordPieceTokenizer tokenizer = TokenizerFiles.Load(path);
            using BertEncoder encoder = BertEncoder.Load(folder, pooling ?? folder.Pooling, precision ?? folder.DefaultPrecision);
            if (encoder.Int8Refusal is { } refusal)
            {
                error.WriteLine($"{model} is {refusal}");
            }

            IEnumerable<string> texts = text is not null ? [text] : ReadLines(linesPath!);
            foreach (string[] batch in texts.Chunk(TextsPerBatch))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Print(batch, folder, tokenizer, encoder, output);
            }

            return ExitCode.Done;
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine(fault.Message);
            return ExitCode.Failed;
        }
    }

    private static void Print(string[] texts, BertModelFolder folder, WordPieceTokenizer tokenizer, BertEncoder encoder, TextWriter output)
    {
        int[][] ids = [.. texts.Select(t => tokenizer.Encode(t, folder.TokensMax))];
        float[] vectors = new float[texts.Length * folder.Config.Hidden];
        encoder.Encode([.. ids.SelectMany(i => i)], [.. ids.Select(i => i.Length)], vectors);
        var buffer = new ArrayBufferWriter<byte>();
        for (int i = 0; i < texts.Length; i++)
        {
            buffer.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(buffer, AsIs))
            {
                Write(json, texts[i], ids[i], vectors.AsSpan(i * folder.Config.Hidden, folder.Config.Hidden));
            }

            output.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
        }
    }

    private static void Write(Utf8JsonWriter json, string text, int[] ids, ReadOnlySpan<float> vector)
    {
        json.WriteStartObject();
        json.WriteString("text", text);
        json.WriteStartArray("ids");
        foreach (int id in ids)
        {
            json.WriteNumberValue(id);
        }

        json.WriteEndArray();
        json.WriteStartArray("embedding");
        foreach (float component in vector)
        {
            json.WriteNumberValue(component);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static IEnumerable<string> ReadLines(string path)
    {
        int number = 0;
        foreach (string line in File.ReadLines(path, Encoding.UTF8))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return ReadLine(line) ?? throw new InvalidDataException($"{path}, line {number}: neither a JSON string nor an object with \"text\"");
            }
        }
    }

    private static string? ReadLine(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            JsonElement text = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("text", out JsonElement property) ? property : root;
            return text.ValueKind == JsonValueKind.String ? JsonText.Of(text) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
