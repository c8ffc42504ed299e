using Afterimage.Backfill.Sources;
using Xunit;

namespace Afterimage.Tests.Backfill;

public sealed class FolderSourceTests
{
    [Fact]
    public async Task A_folder_is_listed_in_the_order_of_its_keys_and_from_a_cursor()
    {
        await using var fixture = new BackfillFixture();
        foreach (string name in (string[])["b.png", "a/z.png", "a.png", "a/b/c.png", "a-b.png", "notes.txt", ".hidden.png"])
        {
            fixture.Add(name, [1]);
        }

        List<string> keys = await ListAsync(null);
        Assert.Equal(["a-b.png", "a.png", "a/b/c.png", "a/z.png", "b.png"], keys);
        for (int i = 0; i < keys.Count; i++)
        {
            Assert.Equal(keys[(i + 1)..], await ListAsync(keys[i]));
        }

        async Task<List<string>> ListAsync(string? after)
        {
            var found = new List<string>();
            await foreach (SourceImage image in fixture.Source.ListAsync(after, default))
            {
                found.Add(image.Key);
            }

            return found;
        }
    }
}
