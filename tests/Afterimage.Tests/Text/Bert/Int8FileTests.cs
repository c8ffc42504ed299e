using Afterimage.Text.Bert;
using Xunit;

namespace Afterimage.Tests.Text.Bert;

public sealed class Int8FileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-int8-").FullName;

    private string Cached => Path.Combine(_folder, Int8File.Name);

    public Int8FileTests() => new RandomBert(640, 8, 2560, Layers: 2).Write(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_packed_weights_are_written_once_and_give_the_same_vectors_again()
    {
        float[] first = Encode();
        DateTime written = File.GetLastWriteTimeUtc(Cached);
        Assert.Equal(first, Encode());
        Assert.Equal(written, File.GetLastWriteTimeUtc(Cached));
        Assert.Empty(Directory.GetFiles(_folder, "*.tmp"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(30)]
    [InlineData(60)]
    [InlineData(90)]
    [InlineData(5000)]
    [InlineData(9_000_000)]
    public void A_damaged_file_is_made_again(long at)
    {
        float[] first = Encode();
        using (FileStream file = File.OpenWrite(Cached))
        {
            file.Seek(at, SeekOrigin.Begin);
            file.WriteByte(0x5A);
        }

        Assert.Equal(first, Encode());
        Assert.Equal(first, Encode());
    }

    [Fact]
    public void A_file_cut_short_is_made_again()
    {
        float[] first = Encode();
        using (FileStream file = File.OpenWrite(Cached))
        {
            file.SetLength(file.Length / 2);
        }

        Assert.Equal(first, Encode());
    }

    [Fact]
    public void Another_checkpoint_in_its_place_is_noticed()
    {
        float[] first = Encode();
        new RandomBert(640, 8, 2560, Layers: 2).Write(_folder, seed: 2);
        Assert.NotEqual(first, Encode());
    }

    [Fact]
    public void Of_a_model_that_8_bits_would_harm_only_that_is_kept()
    {
        string refused = Path.Combine(_folder, "refused"), file = Path.Combine(refused, Int8File.Name);
        new RandomBert(256, 4, 1024, Layers: 12) { Spread = 8 }.Write(refused);
        string? why = Refusal(refused);
        Assert.NotNull(why);
        Assert.InRange(new FileInfo(file).Length, 1, 1000);

        DateTime written = File.GetLastWriteTimeUtc(file);
        Assert.Equal(why, Refusal(refused));
        Assert.Equal(written, File.GetLastWriteTimeUtc(file));
    }

    [Fact]
    public void Small_models_leave_no_file_behind()
    {
        string small = Path.Combine(_folder, "small");
        new RandomBert(32, 4, 64).Write(small);
        BertEncoder.Load(BertModelFolder.Open(small), Pooling.Cls, Precision.Int8).Dispose();
        Assert.False(File.Exists(Path.Combine(small, Int8File.Name)));
    }

    private static string? Refusal(string folder)
    {
        using BertEncoder encoder = BertEncoder.Load(BertModelFolder.Open(folder), Pooling.Cls, Precision.Int8);
        return encoder.Int8Refusal;
    }

    private float[] Encode()
    {
        using BertEncoder encoder = BertEncoder.Load(BertModelFolder.Open(_folder), Pooling.Cls, Precision.Int8);
        float[] vector = new float[encoder.Config.Hidden];
        encoder.Encode([2, 10, 20, 30, 3], [5], vector);
        return vector;
    }
}
