using System.IO.Pipelines;
using Afterimage.Entries;

namespace Afterimage.Gateway.Sockets;

/// <summary>Sends stored content: lent to the connection's output where it takes loans, else copied into it.</summary>
internal static class ContentSender
{
    private const int PieceBytes = 64 * 1024;

    // Below this a copy is cheaper than a second piece for the socket.
    private const int LoanBytesMin = 16 * 1024;

    /// <summary>Bytes in memory. They must not change until the result is there.</summary>
    public static ValueTask<FlushResult> SendAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        if (body.Length < LoanBytesMin || SocketOutput.Of(context) is not { } output)
        {
            return context.Response.BodyWriter.WriteAsync(body);
        }

        Task started = context.Response.StartAsync();
        return started.IsCompletedSuccessfully ? Lend(context, output, body) : LendAfterAsync(started, context, output, body);
    }

    /// <summary>
    /// Bytes of stored content from <paramref name="from"/> on. Returns how many went out; where it ends early the connection is cut, which tells the client.
    /// </summary>
    public static async ValueTask<long> SendAsync(HttpContext context, IStoredContent content, long from, long count)
    {
        if (content.Body is { } bytes)
        {
            await SendAsync(context, bytes.Slice((int)from, (int)count));
            return count;
        }

        PipeWriter writer = context.Response.BodyWriter;
        long sent = 0;
        if (content.File is { } file && count >= LoanBytesMin && SocketOutput.Of(context) is { } output)
        {
            await context.Response.StartAsync();
            while (sent < count)
            {
                int piece = (int)Math.Min(SocketOutput.FilePieceBytesMax, count - sent);
                if (!output.TryLend(file.Handle, file.Offset + from + sent, piece) || !output.IsLent(writer.GetMemory(piece)))
                {
                    break;
                }

                writer.Advance(piece);
                sent += piece;
                if ((await writer.FlushAsync()).IsCompleted)
                {
                    if (output.FileFailed && content is OpenEntry entry)
                    {
                        entry.Distrust();
                    }

                    context.Abort();
                    return sent;
                }
            }
        }

        return await CopyAsync(context, content, from, sent, count);
    }

    private static ValueTask<FlushResult> Lend(HttpContext context, SocketOutput output, ReadOnlyMemory<byte> body)
    {
        PipeWriter writer = context.Response.BodyWriter;
        if (!output.TryLend(body) || !output.IsLent(writer.GetMemory(body.Length)))
        {
            return writer.WriteAsync(body);
        }

        writer.Advance(body.Length);
        return writer.FlushAsync();
    }

    private static async ValueTask<FlushResult> LendAfterAsync(Task started, HttpContext context, SocketOutput output, ReadOnlyMemory<byte> body)
    {
        await started;
        return await Lend(context, output, body);
    }

    private static async ValueTask<long> CopyAsync(HttpContext context, IStoredContent content, long from, long sent, long count)
    {
        PipeWriter output = context.Response.BodyWriter;
        while (sent < count)
        {
            Memory<byte> room = output.GetMemory((int)Math.Min(PieceBytes, count - sent));
            int read = await content.ReadAsync(from + sent, room[..(int)Math.Min(room.Length, count - sent)], context.RequestAborted);
            if (read == 0)
            {
                // The file is shorter than its header says; the store sets the entry aside.
                context.Abort();
                return sent;
            }

            output.Advance(read);
            sent += read;
            await output.FlushAsync(context.RequestAborted);
        }

        return sent;
    }
}
