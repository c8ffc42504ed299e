namespace Afterimage.Demo;

internal static class DemoOrigin
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/", () => "");
}
