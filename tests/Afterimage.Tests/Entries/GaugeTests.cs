using System.Diagnostics.Metrics;
using Afterimage.Diagnostics;
using Afterimage.Entries;
using Afterimage.Vectors;
using Xunit;

namespace Afterimage.Tests.Entries;

/// <summary>Gauges read what is open; a scrape may come at any moment of an opening or a closing.</summary>
public sealed class GaugeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Are_readable_while_stores_and_indexes_open_and_close()
    {
        using var opened = new CancellationTokenSource();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task scraping = Task.Factory.StartNew(() => Scrape(begun, opened.Token), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAny(begun.Task, scraping);

        // Short enough to catch a half-made one in most runs: the window is the end of a constructor.
        for (int i = 0; i < 200; i++)
        {
            var store = new FileEntryStoreOptions { Folder = Path.Combine(_folder.Path, "store"), FreeDiskBytesMin = 0 };
            await using var entries = FileEntryStore.Open(store, TimeProvider.System);
            var index = new VectorIndexOptions { Folder = Path.Combine(_folder.Path, "index"), SpaceId = "space", Dimensions = 8 };
            await using var vectors = VectorIndex.Open(index);
        }

        await opened.CancelAsync();
        await scraping;
    }

    /// <summary>Reads every gauge of the process again and again, and throws what they throw.</summary>
    private static void Scrape(TaskCompletionSource begun, CancellationToken until)
    {
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == Telemetry.MeterName)
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.Start();
        while (!until.IsCancellationRequested)
        {
            listener.RecordObservableInstruments();
            begun.TrySetResult();
        }
    }
}
