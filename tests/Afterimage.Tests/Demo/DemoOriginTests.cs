using System.Net;
using Afterimage.Demo;
using Afterimage.Images;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Afterimage.Tests.Demo;

public sealed class DemoOriginTests : IAsyncLifetime
{
    private readonly HttpClient _client = new();
    private WebApplication _app = null!;

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        DemoOrigin.Map(_app, new DemoOriginOptions { Delay = TimeSpan.FromMilliseconds(20) });
        await _app.StartAsync();
        _client.BaseAddress = new Uri(_app.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task A_prompt_is_drawn_with_the_headers_of_the_real_service()
    {
        using HttpResponseMessage response = await _client.GetAsync("/prompt/a%20red%2Fblue%20fox?width=64&height=32&seed=3&model=turbo");
        byte[] image = await response.Content.ReadAsByteArrayAsync();

        Assert.Equal(DemoPainter.Paint("a red/blue fox", 3, 64, 32), image);
        Assert.Equal("image/png", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("turbo", response.Headers.GetValues("x-model-used").Single());
        Assert.Equal("public, max-age=31536000, immutable", response.Headers.GetValues("Cache-Control").Single());
        Assert.Equal("inline; filename=\"a-red-blue-fox.png\"", response.Content.Headers.GetValues("Content-Disposition").Single());
    }

    [Fact]
    public async Task The_defaults_are_those_of_the_dialect()
    {
        byte[] image = await _client.GetByteArrayAsync("/prompt/fox");

        Assert.Equal((1024, 1024), (ImageInspector.Inspect(image).Width, ImageInspector.Inspect(image).Height));
        Assert.Equal(DemoPainter.Paint("fox", 42, 1024, 1024), image);
    }

    [Theory]
    [InlineData("/prompt/fox?width=99999")]
    [InlineData("/prompt/fox?height=-1")]
    [InlineData("/prompt/fox?seed=abc")]
    [InlineData("/prompt/%20")]
    public async Task Absurd_requests_are_refused_as_errors_not_images(string path)
    {
        using HttpResponseMessage response = await _client.GetAsync(path);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.Contains("X-Error-Type"));
    }

    [Fact]
    public async Task Models_are_listed() => Assert.Contains("flux", await _client.GetStringAsync("/models"));
}
