using Afterimage.Requests;
using Xunit;

namespace Afterimage.Tests.Requests;

public sealed class ResolutionBucketTests
{
    [Theory]
    [InlineData(512, 512, "sq_sm")]
    [InlineData(513, 512, "sq_md")]
    [InlineData(1024, 1024, "sq_md")]
    [InlineData(1025, 1024, "sq_lg")]
    [InlineData(90, 100, "sq_sm")]
    [InlineData(110, 100, "sq_sm")]
    [InlineData(899, 1000, "pt_md")]
    [InlineData(1101, 1000, "ls_md")]
    [InlineData(512, 768, "pt_sm")]
    [InlineData(512, 769, "pt_md")]
    [InlineData(512, 1536, "pt_md")]
    [InlineData(512, 1537, "pt_lg")]
    [InlineData(768, 512, "ls_sm")]
    [InlineData(1536, 512, "ls_md")]
    [InlineData(1537, 512, "ls_lg")]
    [InlineData(0, 0, "auto")]
    [InlineData(0, 512, "0x512")]
    [InlineData(1024, 0, "1024x0")]
    public void Nine_buckets_have_the_borders_of_the_design(int width, int height, string bucket) => Assert.Equal(bucket, ResolutionBuckets.Nine.NameOf(width, height));

    [Fact]
    public void Exact_buckets_are_the_size_itself() => Assert.Equal("512x768", ResolutionBuckets.Exact.NameOf(512, 768));
}
