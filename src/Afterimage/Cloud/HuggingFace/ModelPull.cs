using System.Net;
using Afterimage.Text.Bert;

namespace Afterimage.Cloud.HuggingFace;

/// <summary>
/// Fetches a model: asks what its files are, fetches what is missing, goes on where a former attempt was cut, verifies every file against the hub's
/// hash, and only then moves the folder to its place. Nothing half-fetched is ever found by <see cref="ModelStore"/>.
/// </summary>
internal sealed class ModelPull(HubSettings settings, ModelStore store, TimeProvider time)
{
    private const int CutsMax = 8;

    private static readonly TimeSpan StallMax = TimeSpan.FromSeconds(60);

    /// <summary>Told of bytes fetched: path, bytes so far, bytes in all.</summary>
    public Action<string, long, long> Progress { get; init; } = (_, _, _) => { };

    /// <summary>Waits between attempts; tests take none.</summary>
    public TimeSpan PauseAfterCut { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Fetches a revision; returns the folder.</summary>
    /// <exception cref="HubException">It cannot be had; the message says why.</exception>
    public async Task<string> RunAsync(string repository, string revision, CancellationToken cancellationToken)
    {
        if (settings.Offline)
        {
            throw new HubException($"{repository} is not on this machine, and HF_HUB_OFFLINE forbids to fetch it");
        }

        using var hub = new HubClient(settings);
        (List<ModelFile> files, string commit) = await DescribeAllAsync(hub, repository, revision, cancellationToken);
        string target = Path.Combine(store.FolderOf(repository), commit);
        if (ModelManifest.Read(target) is null)
        {
            await FetchAllAsync(hub, repository, commit, files, target, cancellationToken);
        }

        store.SetCurrent(repository, commit);
        return target;
    }

    private static async Task<(List<ModelFile> Files, string Commit)> DescribeAllAsync(
        HubClient hub, string repository, string revision, CancellationToken cancellationToken)
    {
        var files = new List<ModelFile>();
        string commit = revision;
        foreach (string path in ModelFile.Wanted)
        {
            if (await hub.DescribeAsync(repository, commit, path, cancellationToken) is not { } found)
            {
                continue;
            }

            files.Add(found.File);
            if (files.Count == 1)
            {
                // Every further file is asked of this very commit, so that a push in between cannot mix two versions.
                commit = ModelStore.IsCommit(found.Commit) ? found.Commit
                    : throw new HubException($"the hub does not say which commit {revision} of {repository} is");
            }
        }

        bool Has(string path) => files.Exists(f => f.Path == path);
        return Has("config.json") && Has(BertModelFolder.WeightsName) && (Has("tokenizer.json") || Has("vocab.txt")) ? (files, commit)
            : throw new HubException($"{repository} at {revision} lacks config.json, {BertModelFolder.WeightsName} or a tokenizer; only such models can be read");
    }

    private async Task FetchAllAsync(
        HubClient hub, string repository, string commit, List<ModelFile> files, string target, CancellationToken cancellationToken)
    {
        string partial = target + ".partial";
        Directory.CreateDirectory(store.FolderOf(repository));
        await using FileStream alone = LockFolder(partial + ".lock", repository);
        if (ModelManifest.Read(target) is not null)
        {
            // Another process was faster; what it has put there may be in use.
            return;
        }

        foreach (ModelFile file in files)
        {
            string path = Path.Combine(partial, file.Path.Replace('/', Path.DirectorySeparatorChar));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await FetchAsync(hub, repository, commit, file, path, cancellationToken);
        }

        new ModelManifest(repository, commit, files).Write(partial);
        if (Directory.Exists(target))
        {
            Directory.Delete(target, recursive: true);
        }

        Directory.Move(partial, target);
    }

    private static FileStream LockFolder(string path, string repository)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException fault)
        {
            throw new HubException($"{repository} is being fetched by another process ({path})", fault);
        }
    }

    private async Task FetchAsync(HubClient hub, string repository, string commit, ModelFile file, string path, CancellationToken cancellationToken)
    {
        if (File.Exists(path) && await ContentHash.MatchesAsync(path, file.Hash, cancellationToken))
        {
            return;
        }

        if (file.Path == BertModelFolder.WeightsName && KnownModel.Find(repository) is { WeightsSha256: { } known } model && model.Revision == commit && known != file.Hash)
        {
            throw new HubException($"{file.Path} of {repository} at {commit} is not the file that was published: its SHA-256 is {file.Hash} instead of {known}");
        }

        string part = path + ".part";
        await FetchPartAsync(hub, repository, commit, file, part, cancellationToken);
        if (!await ContentHash.MatchesAsync(part, file.Hash, cancellationToken))
        {
            File.Delete(part);
            throw new HubException($"{file.Path} of {repository} is not what the hub says it is: its content does not have the hash {file.Hash}. Nothing was kept.");
        }

        if (file.Path == "vocab.txt" && KnownModel.Find(repository) is not null && !await ContentHash.MatchesAsync(part, KnownModel.UncasedVocabularySha256, cancellationToken))
        {
            File.Delete(part);
            throw new HubException($"vocab.txt of {repository} is not the vocabulary this model was made with");
        }

        File.Move(part, path, overwrite: true);
    }

    /// <summary>Fetches until the part is complete, going on after every cut as long as each attempt brings something.</summary>
    private async Task FetchPartAsync(HubClient hub, string repository, string commit, ModelFile file, string part, CancellationToken cancellationToken)
    {
        int cuts = 0;
        while (true)
        {
            long before = File.Exists(part) ? new FileInfo(part).Length : 0;
            if (before > file.Length)
            {
                File.Delete(part);
                before = 0;
            }

            if (before == file.Length && before > 0)
            {
                return;
            }

            Exception? cut = null;
            try
            {
                await AppendAsync(hub, repository, commit, file, part, before, cancellationToken);
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException or TimeoutException)
            {
                cut = fault;
            }

            long after = File.Exists(part) ? new FileInfo(part).Length : 0;
            if (after == file.Length)
            {
                return;
            }

            cuts = after > before ? 0 : cuts + 1;
            if (cuts > CutsMax)
            {
                throw new HubException($"{file.Path} of {repository} stays incomplete at {after} of {file.Length} bytes ({cut?.Message ?? "the connection was cut"}); run the command again to go on", cut);
            }

            await Task.Delay(PauseAfterCut * Math.Min(cuts + 1, 8), time, cancellationToken);
        }
    }

    private async Task AppendAsync(
        HubClient hub, string repository, string commit, ModelFile file, string part, long from, CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await hub.OpenAsync(repository, commit, file.Path, from, cancellationToken);
        if (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            File.Delete(part);
            return;
        }

        if (!answer.IsSuccessStatusCode)
        {
            if ((int)answer.StatusCode is 429 or >= 500)
            {
                throw new HttpRequestException($"{(int)answer.StatusCode}");
            }

            throw HubClient.Refusal(answer, repository, commit);
        }

        bool goesOn = answer.StatusCode == HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange?.From == from;
        await using FileStream output = new(part, goesOn ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.None);
        await using Stream input = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await CopyAsync(input, output, file, cancellationToken);
    }

    private async Task CopyAsync(Stream input, FileStream output, ModelFile file, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 17];
        long done = output.Position;
        while (done < file.Length)
        {
            int read = await input.ReadAsync(buffer, cancellationToken).AsTask().WaitAsync(StallMax, time, cancellationToken);
            if (read == 0)
            {
                throw new IOException("the connection was closed early");
            }

            await output.WriteAsync(buffer.AsMemory(0, (int)Math.Min(read, file.Length - done)), cancellationToken);
            done += read;
            Progress(file.Path, Math.Min(done, file.Length), file.Length);
        }

        output.Flush(flushToDisk: true);
    }
}
