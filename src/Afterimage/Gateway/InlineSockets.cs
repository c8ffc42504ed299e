namespace Afterimage.Gateway;

/// <summary>
/// Lets requests run on the threads that wait for the sockets instead of handing each over to the pool. A hit is a few microseconds of work; handing it over
/// twice costs more than that (measured with <c>bench exact-hit</c>: 1.7 times the rate). The price is a rule: what takes long or blocks must leave
/// the thread first (<see cref="Task.Yield"/>): the making and storing of pictures and the admin interface do.
/// </summary>
internal static class InlineSockets
{
    // Read once by System.Net.Sockets when the first socket is made.
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static bool Enabled => Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>Must come before the first socket; does nothing where the operator has decided otherwise.</summary>
    public static void Enable()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
