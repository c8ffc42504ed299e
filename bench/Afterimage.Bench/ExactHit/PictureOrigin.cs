using Afterimage.Demo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Afterimage.Bench.ExactHit;

/// <summary>Serves PNGs of 64 by 64 pixels that weigh what the path asks: <c>/prompt/size%20{bytes}?...</c>.</summary>
internal sealed class PictureOrigin : IAsyncDisposable
{
    private readonly WebApplication _app;

    private PictureOrigin(WebApplication app) => _app = app;

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<PictureOrigin> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        app.Run(async context =>
        {
            byte[] picture = Picture(int.Parse(context.Request.Path.Value!.Split(' ')[^1]));
            context.Response.ContentType = "image/png";
            context.Response.ContentLength = picture.Length;
            context.Response.Headers.CacheControl = "public, max-age=31536000";
            context.Response.Headers.ETag = $"\"{picture.Length}\"";
            await context.Response.Body.WriteAsync(picture);
        });
        await app.StartAsync();
        return new PictureOrigin(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // A text chunk fills up to the weight: the cache must treat it as any other picture.
    private static byte[] Picture(int bytes)
    {
        byte[] png = DemoPainter.Paint("a cat", 1, 64, 64);
        var noise = new byte[Math.Max(0, bytes - png.Length - 12)];
        new Random(bytes).NextBytes(noise);
        return [.. png.AsSpan(0, 33), .. Chunk(noise), .. png.AsSpan(33)];
    }

    private static byte[] Chunk(byte[] data)
    {
        byte[] body = [.. "prVt"u8, .. data];
        uint crc = 0xFFFFFFFF;
        foreach (byte b in body)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        crc = ~crc;
        return [.. BigEndian((uint)data.Length), .. body, .. BigEndian(crc)];
    }

    private static byte[] BigEndian(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
