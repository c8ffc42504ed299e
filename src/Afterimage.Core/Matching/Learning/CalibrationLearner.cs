using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Afterimage.Diagnostics;

namespace Afterimage.Matching.Learning;

/// <summary>
/// Keeps the error rate that was asked for on the traffic that really comes: verdicts (from feedback, and from shadow mode with a judge) correct the
/// policy's probabilities, for all partitions together, for each partition, and for an entry with a long record of its own. Without evidence the
/// policy's verdict stands. Pairs marked as wrong are never served again. After the idea of verified semantic caching (arXiv 2502.03771), with evidence
/// pooled, a prior around the policy's own calibration, and no lottery: see <c>docs/learning.md</c>. Thread-safe.
/// </summary>
public sealed class CalibrationLearner : IDisposable
{
    private const double GlobalDeviationIntercept = 1.5;
    private const double GlobalDeviationSlope = 0.4;
    private const double PartitionDeviationIntercept = 0.7;
    private const double PartitionDeviationSlope = 0.2;

    private static readonly Counter<long> Verdicts = Telemetry.Meter.CreateCounter<long>(
        "afterimage.learning.verdicts", description: "Verdicts learnt from, by whether the reuse was right.");

    private static readonly Counter<long> Changed = Telemetry.Meter.CreateCounter<long>(
        "afterimage.learning.decisions_changed", description: "Decisions of the policy that evidence turned, by direction.");

    private readonly LearnerOptions _options;
    private readonly double _servedFrom;
    private readonly double _askedLogOdds;
    private readonly CalibrationLine _identity;
    private readonly Ageing _ageing;
    private readonly EvidencePool _global;
    private readonly ConcurrentDictionary<Hash256, EvidencePool> _partitions = new();
    private readonly ConcurrentDictionary<Hash256, EntryRecord> _entries = new();
    private readonly BlockList _blockedPairs;
    private readonly BlockList _blockedEntries;
    private readonly Dictionary<(Hash256 Partition, int Bin), float> _silence = [];
    private readonly Lock _fileLock = new();
    private readonly LearningFile? _file;
    private long _clock;

    /// <param name="options">How carefully to learn.</param>
    /// <param name="path">The file to remember in; null remembers nothing after the process.</param>
    /// <param name="time">The clock by which evidence grows old; the system's by default.</param>
    public CalibrationLearner(LearnerOptions options, string? path = null, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.MaxFalseReuse, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(options.MaxFalseReuse, 0.5);
        _options = options;
        _askedLogOdds = LogOddsScale.Of(1 - options.MaxFalseReuse);
        _servedFrom = options.ServedFrom is { } from ? LogOddsScale.Of(from) : _askedLogOdds;
        _identity = new CalibrationLine(_askedLogOdds, 1, 0, 0, 0);
        _ageing = new Ageing(time ?? TimeProvider.System, options.HalfLifeDays);
        _global = new EvidencePool(_servedFrom, GlobalDeviationIntercept, GlobalDeviationSlope, _ageing);
        (_blockedPairs, _blockedEntries) = (new BlockList(options.BlockedMax), new BlockList(options.BlockedMax));
        _file = path is null ? null : LearningFile.Open(path, Restore);
    }

    /// <summary>Damaged records met when the file was opened.</summary>
    public int DamagedRecords => _file?.Damaged ?? 0;

    /// <summary>Pairs that are never served again.</summary>
    public int BlockedPairs => _blockedPairs.Count;

    /// <summary>Learns from a verdict: somebody, or a judge, looked at a pair.</summary>
    /// <param name="partition">The request's partition.</param>
    /// <param name="entry">Exact key of the entry whose picture was, or would have been, served.</param>
    /// <param name="probability">What the policy said, before <see cref="Decide"/>.</param>
    /// <param name="similarity">Cosine of the prompts; not finite is refused.</param>
    /// <param name="correct">Whether the picture was right for the request.</param>
    public void Observe(Hash256 partition, Hash256 entry, double probability, double similarity, bool correct)
    {
        if (!double.IsFinite(probability) || !double.IsFinite(similarity))
        {
            return;
        }

        Verdicts.Add(1, new KeyValuePair<string, object?>("right", correct));
        double logOdds = LogOddsScale.Of(probability);
        double expected = PartitionLine(partition).LogOdds(logOdds - _servedFrom);
        Apply([
            new LearningRecord(LearningRecordKind.Evidence, partition, (byte)EvidenceBins.BinOf(logOdds), correct ? 1 : 0, correct ? 0 : 1, 1, Day),
            new LearningRecord(LearningRecordKind.EntryVerdicts, entry, 0, correct ? 1 : 0, correct ? 0 : 1, (float)expected),
        ]);
    }

    /// <summary>Notes that a picture was served and nobody has complained so far. Remembered at the next <see cref="Flush"/>.</summary>
    public void ObserveServed(Hash256 partition, double probability)
    {
        float weight = (float)_options.ReportShare;
        if (weight <= 0 || !double.IsFinite(probability))
        {
            return;
        }

        int bin = EvidenceBins.BinOf(LogOddsScale.Of(probability));
        AddEvidence(partition, bin, weight, 0, 0);
        if (_file is not null)
        {
            lock (_fileLock)
            {
                _silence[(partition, bin)] = _silence.GetValueOrDefault((partition, bin)) + weight;
            }
        }
    }

    /// <summary>
    /// Never serves the picture of <paramref name="storedPrompt"/> for <paramref name="askedPrompt"/> again, in either direction, whatever entry it is.
    /// </summary>
    public void Block(string askedPrompt, string storedPrompt) =>
        Apply([new LearningRecord(LearningRecordKind.BlockedPair, PromptPair.KeyOf(askedPrompt, storedPrompt))]);

    /// <summary>Never serves this entry's picture for another prompt again: the picture is not what its own prompt says.</summary>
    public void BlockEntry(Hash256 entry) => Apply([new LearningRecord(LearningRecordKind.BlockedEntry, entry)]);

    /// <summary>Whether feedback forbids this reuse.</summary>
    public bool IsBlocked(string askedPrompt, string storedPrompt, Hash256 entry) =>
        (_blockedEntries.Count > 0 && _blockedEntries.Contains(entry))
        || (_blockedPairs.Count > 0 && _blockedPairs.Contains(PromptPair.KeyOf(askedPrompt, storedPrompt)));

    /// <summary>
    /// The policy's verdict in the light of the evidence: the probability corrected, and the decision made again from it. Evidence takes a reuse back as soon
    /// as it makes it too improbable; it grants one only where enough verdicts vouch for it with confidence.
    /// </summary>
    public Verdict Decide(Hash256 partition, Hash256 entry, Verdict verdict)
    {
        if (_global.Reviews <= 0)
        {
            return verdict;
        }

        double x = LogOddsScale.Of(verdict.Probability) - _servedFrom;
        CalibrationLine line = PartitionLine(partition);
        double offset = 0;
        if (_entries.TryGetValue(entry, out EntryRecord? record))
        {
            lock (record)
            {
                if (record.IsAlarming(_options.MaxFalseReuse))
                {
                    return Turned(verdict, Decision.Reject, 0, $"feedback: wrong in {record.Wrong} of {record.Reviews} reviews of this picture");
                }

                offset = record.Reviews >= _options.EntryReviewsMin ? record.Offset() : 0;
            }
        }

        line = line with { Intercept = line.Intercept + offset };
        double probability = line.Probability(x), asked = 1 - _options.MaxFalseReuse;
        if (verdict.Decision == Decision.Reuse)
        {
            return line.LogOdds(x) >= _askedLogOdds
                ? verdict with { Probability = probability }
                : Turned(verdict, Decision.Reject, probability, $"feedback: probability {verdict.Probability:0.000} is {probability:0.000} on this traffic");
        }

        bool granted = verdict.Probability >= _options.LoosenProbabilityMin
            && _partitions.TryGetValue(partition, out EvidencePool? own) && own.Reviews >= _options.LoosenReviewsMin
            && line.LowerBound(x) >= asked;
        return granted ? Turned(verdict, Decision.Reuse, probability, null) : verdict with { Probability = Math.Min(probability, verdict.Probability) };
    }

    /// <summary>
    /// Makes everything learnt so far survive a crash, and shortens the file where it has grown too long. False where the disk refuses: then it counts in this
    /// process, and the next call tries again.
    /// </summary>
    public bool Flush()
    {
        if (_file is null)
        {
            return true;
        }

        lock (_fileLock)
        {
            bool written = _file.Append([.. _silence.Select(s => new LearningRecord(LearningRecordKind.Evidence, s.Key.Partition, (byte)s.Key.Bin, s.Value, Day: Day))]);
            _silence.Clear();
            try
            {
                if (_file.Records > _options.FileRecordsMax)
                {
                    _file.Rewrite(Snapshot());
                }

                _file.FlushToDisk();
                return written;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    public void Dispose()
    {
        Flush();
        _file?.Dispose();
    }

    private ushort Day => (ushort)Math.Clamp(_ageing.Today, 0, ushort.MaxValue);

    private CalibrationLine PartitionLine(Hash256 partition)
    {
        CalibrationLine pooled = _global.Fit(_identity);
        return _partitions.TryGetValue(partition, out EvidencePool? own) ? own.Fit(pooled) : pooled;
    }

    private static Verdict Turned(Verdict verdict, Decision decision, double probability, string? reason)
    {
        Changed.Add(1, new KeyValuePair<string, object?>("to", decision == Decision.Reuse ? "reuse" : "reject"));
        return new Verdict(decision, probability, reason is null ? verdict.Reasons : [reason, .. verdict.Reasons]);
    }

    private void Apply(ReadOnlySpan<LearningRecord> records)
    {
        // One lock around memory and file, so that a rewrite of the file sees each record once.
        lock (_fileLock)
        {
            foreach (LearningRecord record in records)
            {
                Restore(record);
            }

            _file?.Append(records);
        }
    }

    private void Restore(LearningRecord record)
    {
        switch (record.Kind)
        {
            case LearningRecordKind.Evidence:
                float share = (float)_ageing.Share(Day - record.Day);
                AddEvidence(record.Key, record.Bin, share * record.Right, share * record.Wrong, share * record.Number);
                break;
            case LearningRecordKind.EntryVerdicts:
                EntryRecord entry = _entries.GetOrAdd(record.Key, _ => new EntryRecord());
                lock (entry)
                {
                    entry.Add(record.Number, (int)record.Right, (int)record.Wrong);
                    entry.LastObserved = Interlocked.Increment(ref _clock);
                }

                Trim(_entries, _options.EntriesMax, e => e.LastObserved);
                break;
            case LearningRecordKind.BlockedPair:
                _blockedPairs.Add(record.Key);
                break;
            case LearningRecordKind.BlockedEntry:
                _blockedEntries.Add(record.Key);
                break;
        }
    }

    private void AddEvidence(Hash256 partition, int bin, float right, float wrong, float reviews)
    {
        long now = Interlocked.Increment(ref _clock);
        _global.Add(bin, right, wrong, reviews, now);
        EvidencePool own = _partitions.GetOrAdd(partition, _ => new EvidencePool(_servedFrom, PartitionDeviationIntercept, PartitionDeviationSlope, _ageing));
        own.Add(bin, right, wrong, reviews, now);
        Trim(_partitions, _options.PartitionsMax, p => p.LastObserved);
    }

    // A tenth leaves at a time, so that finding the oldest is paid for rarely.
    private static void Trim<T>(ConcurrentDictionary<Hash256, T> items, int countMax, Func<T, long> lastObserved)
    {
        if (items.Count > countMax)
        {
            foreach (Hash256 key in items.OrderBy(i => lastObserved(i.Value)).Take(Math.Max(1, countMax / 10)).Select(i => i.Key).ToList())
            {
                items.TryRemove(key, out _);
            }
        }
    }

    // The global evidence is the sum of the partitions'; what left with old partitions is forgotten by a rewrite.
    private IEnumerable<LearningRecord> Snapshot()
    {
        foreach ((Hash256 partition, EvidencePool evidence) in _partitions)
        {
            IReadOnlyList<(int Bin, float Right, float Wrong)> bins = evidence.Snapshot(out double reviews);
            for (int i = 0; i < bins.Count; i++)
            {
                yield return new LearningRecord(
                    LearningRecordKind.Evidence, partition, (byte)bins[i].Bin, bins[i].Right, bins[i].Wrong, i == 0 ? (float)reviews : 0, Day);
            }
        }

        foreach ((Hash256 key, EntryRecord entry) in _entries)
        {
            yield return new LearningRecord(LearningRecordKind.EntryVerdicts, key, 0, entry.Right, entry.Wrong, (float)entry.LogOddsSum);
        }

        foreach (Hash256 pair in _blockedPairs.ToArray())
        {
            yield return new LearningRecord(LearningRecordKind.BlockedPair, pair);
        }

        foreach (Hash256 entry in _blockedEntries.ToArray())
        {
            yield return new LearningRecord(LearningRecordKind.BlockedEntry, entry);
        }
    }
}
