using Afterimage.Configuration;

namespace Afterimage.Gateway;

/// <summary>
/// What an entry store is called where its vectors are kept outside of this machine. A reconcile takes vectors without an entry for stale, so that two
/// stores on one index would each delete the other's: an index refuses a store that is not the one it was made for.
/// </summary>
internal static class StoreIdentity
{
    private const string Name = "store.id";

    /// <summary>A bucket is the same store from wherever it is seen; a folder is called by a number that is kept beside it.</summary>
    /// <exception cref="IOException">The data folder cannot be written.</exception>
    public static string Of(GatewayOptions options) => options.Store.Provider == StoreProvider.Files
        ? "files " + NumberOf(options.Data)
        : $"s3://{options.Store.S3.Bucket}/{options.Store.S3.Prefix}";

    private static string NumberOf(string dataFolder)
    {
        string path = Path.Combine(dataFolder, Name);
        if (!File.Exists(path))
        {
            string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
            File.WriteAllText(temporary, Guid.NewGuid().ToString("N"));
            try
            {
                File.Move(temporary, path);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another process on this folder was a moment faster.
                File.Delete(temporary);
            }
        }

        return File.ReadAllText(path).Trim();
    }
}
