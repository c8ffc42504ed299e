using System.Text.Json;

namespace Afterimage.Tests.Scenarios;

internal sealed partial class Cluster
{
    /// <summary>One gateway and a client of it.</summary>
    internal sealed class Gateway(ProgramProcess process) : IAsyncDisposable
    {
        private readonly HttpClient _client = new() { Timeout = ProgramProcess.Hang };

        public async Task ConnectAsync() => _client.BaseAddress = await process.Address;

        /// <summary>Asks and reads the whole answer.</summary>
        public Task<Answer> GetAsync(string target, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, target, headers);

        public async Task<Answer> SendAsync(HttpMethod method, string target, params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(method, target);
            foreach ((string name, string value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using HttpResponseMessage response = await _client.SendAsync(request);
            return await Answer.OfAsync(response);
        }

        public async Task<JsonElement> PostAsync(string target, object body)
        {
            using HttpResponseMessage response = await _client.PostAsync(target, new StringContent(JsonSerializer.Serialize(body), null, "application/json"));
            return (await Answer.OfAsync(response)).Json;
        }

        /// <summary>Pictures being made, waiting for other gateways included.</summary>
        public async Task<int> RunningAsync() => (await GetAsync("/_afterimage/health/ready")).Json.GetProperty("running").GetInt32();

        /// <summary>What health/ready says of a dependency: its fault, or null while it is up.</summary>
        public async Task<string?> FaultAsync(string dependency)
        {
            foreach (JsonElement state in (await GetAsync("/_afterimage/health/ready")).Json.GetProperty("dependencies").EnumerateArray())
            {
                if (state.GetProperty("name").GetString() == dependency)
                {
                    return state.GetProperty("state").GetString() == "up" ? null : state.GetProperty("fault").GetString();
                }
            }

            throw new InvalidOperationException($"health/ready does not name {dependency}");
        }

        public Task UntilUpAsync(params string[] dependencies) => UntilAsync(async () =>
        {
            foreach (string dependency in dependencies)
            {
                if (await FaultAsync(dependency) is not null)
                {
                    return false;
                }
            }

            return true;
        });

        /// <summary>SIGKILL.</summary>
        public void Kill() => process.Kill();

        public async ValueTask DisposeAsync()
        {
            _client.Dispose();
            await process.DisposeAsync();
        }
    }
}
