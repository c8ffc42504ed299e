using Afterimage.Matching;
using Afterimage.Matching.Learning;
using Xunit;

namespace Afterimage.Tests.Matching;

public sealed class LearningFileTests : IDisposable
{
    private static readonly Hash256 Partition = Hash256.Of("partition");
    private static readonly Verdict Asked = new(Decision.Reuse, 0.995, []);
    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-learning").FullName;

    private string FilePath => Path.Combine(_folder, "learning.bin");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_learnt_is_there_after_a_restart()
    {
        Verdict before;
        using (CalibrationLearner learner = Taught())
        {
            before = learner.Decide(Partition, Hash256.Of("e"), Asked);
        }

        using var again = new CalibrationLearner(new LearnerOptions(), FilePath);
        Assert.Equal(before.Probability, again.Decide(Partition, Hash256.Of("e"), Asked).Probability, 6);
        Assert.True(again.IsBlocked("a", "b", default));
        Assert.True(again.IsBlocked("x", "y", Hash256.Of("bad")));
        Assert.Equal(0, again.DamagedRecords);
    }

    [Fact]
    public void A_torn_tail_is_cut_and_writing_goes_on()
    {
        Taught().Dispose();
        using (FileStream file = File.OpenWrite(FilePath))
        {
            file.SetLength(file.Length - 7);
        }

        using (var again = new CalibrationLearner(new LearnerOptions(), FilePath))
        {
            Assert.Equal(0, again.DamagedRecords);
            again.Block("c", "d");
        }

        using var third = new CalibrationLearner(new LearnerOptions(), FilePath);
        Assert.True(third.IsBlocked("c", "d", default));
        Assert.True(third.IsBlocked("a", "b", default));
    }

    [Fact]
    public void A_damaged_record_is_skipped_and_counted()
    {
        Taught().Dispose();
        byte[] bytes = File.ReadAllBytes(FilePath);
        bytes[8 + 20] ^= 1;
        File.WriteAllBytes(FilePath, bytes);
        using var again = new CalibrationLearner(new LearnerOptions(), FilePath);
        Assert.Equal(1, again.DamagedRecords);
        Assert.True(again.IsBlocked("a", "b", default));
    }

    [Fact]
    public void Another_kind_of_file_is_refused_and_left_alone()
    {
        File.WriteAllText(FilePath, "something else entirely");
        Assert.Throws<InvalidDataException>(() => new CalibrationLearner(new LearnerOptions(), FilePath));
        Assert.Equal("something else entirely", File.ReadAllText(FilePath));
    }

    [Fact]
    public void A_file_that_has_grown_too_long_is_shortened_and_says_the_same()
    {
        var options = new LearnerOptions { FileRecordsMax = 100 };
        double before;
        using (var learner = new CalibrationLearner(options, FilePath))
        {
            for (int i = 0; i < 500; i++)
            {
                learner.Observe(Partition, Hash256.Of($"{i % 10}"), 0.9 + (i % 10 / 101.0), 0.9, correct: i % 7 != 0);
            }

            learner.Block("a", "b");
            learner.Flush();
            Assert.True(new FileInfo(FilePath).Length < 100 * LearningRecord.Length);
            before = learner.Decide(Partition, default, Asked).Probability;
        }

        using var again = new CalibrationLearner(options, FilePath);
        Assert.Equal(before, again.Decide(Partition, default, Asked).Probability, 5);
        Assert.True(again.IsBlocked("a", "b", default));
    }

    [Fact]
    public void What_a_full_disk_refuses_counts_at_once_and_is_written_once_there_is_room()
    {
        using SmallDisk disk = SmallDisk.Mount(2);
        string path = Path.Combine(disk.Path, "learning");
        using (var learner = new CalibrationLearner(new LearnerOptions { FileRecordsMax = 300 }, path))
        {
            learner.Block("a", "b");
            Assert.True(learner.Flush());
            disk.Fill();
            for (int i = 0; i < 500; i++)
            {
                learner.Block("c", $"{i}");
                learner.ObserveServed(Partition, 0.99);
            }

            Assert.False(learner.Flush());
            Assert.True(learner.IsBlocked("c", "499", default));

            disk.Free();
            Assert.True(learner.Flush());
        }

        using var again = new CalibrationLearner(new LearnerOptions(), path);
        Assert.Equal((501, 0), (again.BlockedPairs, again.DamagedRecords));
        Assert.True(again.IsBlocked("a", "b", default));
    }

    [Fact]
    public void Memory_is_bounded()
    {
        using var learner = new CalibrationLearner(new LearnerOptions { BlockedMax = 10, EntriesMax = 10, PartitionsMax = 10 });
        for (int i = 0; i < 100; i++)
        {
            learner.Block($"a{i}", "b");
            learner.Observe(Hash256.Of($"p{i}"), Hash256.Of($"e{i}"), 0.99, 0.9, correct: true);
        }

        Assert.Equal(10, learner.BlockedPairs);
        Assert.True(learner.IsBlocked("a99", "b", default));
    }

    private CalibrationLearner Taught()
    {
        var learner = new CalibrationLearner(new LearnerOptions(), FilePath);
        for (int i = 0; i < 30; i++)
        {
            learner.Observe(Partition, Hash256.Of($"{i}"), 0.99 + (i / 4000.0), 0.9, correct: i % 10 != 0);
            learner.ObserveServed(Partition, 0.997);
        }

        learner.Block("a", "b");
        learner.BlockEntry(Hash256.Of("bad"));
        return learner;
    }
}
