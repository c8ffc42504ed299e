namespace Afterimage.Origin;

/// <summary>Finds the client's own mistake, where that is what broke the sending of its body to the origin.</summary>
internal static class ClientMistake
{
    public static BadHttpRequestException? In(Exception? exception)
    {
        while (exception is not null and not BadHttpRequestException)
        {
            exception = exception.InnerException;
        }

        return exception as BadHttpRequestException;
    }
}
