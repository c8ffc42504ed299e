using System.Buffers.Binary;
using System.Text;
using Afterimage.Text.Safetensors;
using Xunit;

namespace Afterimage.Tests.Text.Safetensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-safetensors-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Numbers_of_the_three_types_are_read()
    {
        byte[] data = [.. Bytes(1.5f), .. Bytes(-2f), 0x00, 0x3E, 0x00, 0xC1, 0xC0, 0x3F, 0x00, 0xC1];
        string header = """
            {"f":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"h":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},
            "b":{"dtype":"BF16","shape":[1,2],"data_offsets":[12,16]},"__metadata__":{"format":"pt"}}
            """;
        using SafetensorsFile file = SafetensorsFile.Open(Write(header, data));
        Assert.Equal([1.5f, -2f], Read(file, "f"));
        Assert.Equal([1.5f, -2.5f], Read(file, "h"));
        Assert.Equal([1.5f, -8f], Read(file, "b"));
    }

    [Fact]
    public void Data_may_be_unaligned_and_the_header_padded()
    {
        string header = """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"f":{"dtype":"F32","shape":[],"data_offsets":[1,5]}}   """;
        using SafetensorsFile file = SafetensorsFile.Open(Write(header, [7, .. Bytes(3.25f)]));
        Assert.Equal([3.25f], Read(file, "f"));
    }

    [Fact]
    public void Empty_tensors_are_allowed()
    {
        string header = """{"a":{"dtype":"F32","shape":[0,5],"data_offsets":[0,0]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";
        using SafetensorsFile file = SafetensorsFile.Open(Write(header, Bytes(1)));
        Assert.Empty(Read(file, "a"));
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "overlaps")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "end at byte")]
    [InlineData("""{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}""", "unknown type")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,4]}}""", "too large")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}""", "too large")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "negative")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "not possible")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775807]}}""", "not possible")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", "broken")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", "lacks")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}""", "unexpected")]
    [InlineData("""{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}}""", "byte")]
    [InlineData("""{"a":[]}""", "not an object")]
    [InlineData("""{"__metadata__":{"a":1}}""", "text")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", "JSON")]
    [InlineData("""[]""", "start with {")]
    [InlineData("""{} x""", "JSON")]
    [InlineData("", "start with {")]
    public void A_header_that_breaks_a_rule_is_refused_with_the_rule(string header, string rule)
    {
        string path = Write(header, new byte[8]);
        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(path));
        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(rule, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 1, 2, 3 })]
    [InlineData(new byte[] { 100, 0, 0, 0, 0, 0, 0, 0, 1 })]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 1 })]
    public void A_header_longer_than_the_file_is_refused(byte[] content)
    {
        string path = Path.Combine(_folder, "short.safetensors");
        File.WriteAllBytes(path, content);
        Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(path));
    }

    [Fact]
    public void Any_change_of_one_header_byte_is_read_or_refused_but_never_more()
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "Afterimage.Tests", "Fixtures", "encoder", "model.safetensors"));
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(whole);
        var random = new Random(7);
        string path = Path.Combine(_folder, "damaged.safetensors");
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(8 + header)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, damaged);
            try
            {
                SafetensorsFile.Open(path).Dispose();
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    private string Write(string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        string path = Path.Combine(_folder, "model.safetensors");
        File.WriteAllBytes(path, [.. length, .. json, .. data]);
        return path;
    }

    private static byte[] Bytes(float value) => BitConverter.GetBytes(value);

    private static float[] Read(SafetensorsFile file, string name)
    {
        float[] numbers = new float[file.Tensors[name].Elements];
        file.Read(file.Tensors[name], 0, numbers);
        return numbers;
    }
}
