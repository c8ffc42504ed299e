using System.Globalization;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>Answers as bytes.</summary>
internal static class RawAnswers
{
    /// <summary>One answer on a connection of its own.</summary>
    public static async Task<string> AskAsync(Uri address, string request)
    {
        using RawClient client = await RawClient.ConnectAsync(address);
        await client.SendAsync(request);
        return await ReadAsync(client, request.StartsWith("HEAD", StringComparison.Ordinal));
    }

    /// <summary>One answer, or what of it came before the server cut the connection.</summary>
    public static async Task<string> AskInVainAsync(Uri address, string request)
    {
        using RawClient client = await RawClient.ConnectAsync(address);
        await client.SendAsync(request);
        string received = "";
        try
        {
            for (string more; (more = await client.ReadSomeAsync()).Length > 0;)
            {
                received += more;
                if (TryTake(ref received, isHead: false, out string answer))
                {
                    return answer;
                }
            }
        }
        catch (IOException)
        {
            // Reset: that is how it says that there is no more.
        }

        return received;
    }

    /// <summary>Asks thirty of these requests at random on one connection, cut anywhere, and expects of each the answer that it has alone; as often as told.</summary>
    /// <param name="last">Ends the connection.</param>
    public static async Task AskMixedAsync(Uri address, string[] requests, string[] answers, string last, int rounds, Random random)
    {
        for (int round = 0; round < rounds; round++)
        {
            int[] asked = [.. Enumerable.Range(0, 30).Select(_ => random.Next(requests.Length))];
            string bytes = string.Concat(asked.Select(n => requests[n])) + last;
            using RawClient client = await RawClient.ConnectAsync(address);
            Task<string> receiving = client.ReadToEndAsync();
            for (int sent = 0; sent < bytes.Length;)
            {
                int piece = Math.Min(random.Next(1, 400), bytes.Length - sent);
                await client.SendAsync(bytes.Substring(sent, piece));
                sent += piece;
            }

            string received = await receiving;
            foreach (int n in asked)
            {
                Assert.True(TryTake(ref received, requests[n].StartsWith("HEAD", StringComparison.Ordinal), out string answer), received);
                Assert.Equal(answers[n], Comparable(answer));
            }
        }
    }

    /// <summary>The next answer, behind which nothing comes.</summary>
    public static async Task<string> ReadAsync(RawClient client, bool isHead)
    {
        string received = "", answer;
        while (!TryTake(ref received, isHead, out answer))
        {
            string more = await client.ReadSomeAsync();
            Assert.NotEqual("", more);
            received += more;
        }

        Assert.Equal("", received);
        return answer;
    }

    /// <summary>Takes one answer off the front; false while it is not whole. Interim answers are passed over.</summary>
    public static bool TryTake(ref string received, bool isHead, out string answer)
    {
        answer = "";
        if (received.StartsWith("HTTP/1.1 100 Continue\r\n\r\n", StringComparison.Ordinal))
        {
            received = received[25..];
        }

        int body = received.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        if (body < 4)
        {
            return false;
        }

        string? length = received[..body].Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase));
        int end = body + (length is null || isHead ? 0 : int.Parse(length.AsSpan(16), CultureInfo.InvariantCulture));
        if (received.Length < end)
        {
            return false;
        }

        (answer, received) = (received[..end], received[end..]);
        return true;
    }

    /// <summary>Status line, fields in the order of their names without those that tell the time, and body.</summary>
    public static string Comparable(string answer)
    {
        int body = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        string[] head = answer[..(body - 4)].Split("\r\n");
        IEnumerable<string> fields = head.Skip(1).Select(line => line.Split(": ", 2) is [var name, var value] && name is "Date" or "Age" or "Cache-Status" ? name : line);
        return string.Join('\n', fields.Order(StringComparer.Ordinal).Prepend(head[0])) + "\n\n" + answer[body..];
    }
}
