using Afterimage.Entries;
using Xunit;

namespace Afterimage.Tests.Entries;

public class DescriptorsTests
{
    [Theory]
    [InlineData(20_000, 256, 14_876)]
    [InlineData(1_024, 256, 160)]
    [InlineData(1_024, 10, 310)]
    [InlineData(1_024, 0, 160)]
    [InlineData(1_048_576, 256, 1_041_856)]
    public void Clients_get_what_the_program_its_stores_and_the_origin_leave(int max, int originMax, int clients) =>
        Assert.Equal(clients, Descriptors.ForClients(max, originMax));

    [Theory]
    [InlineData(0)]
    [InlineData(int.MaxValue)]
    public void Clients_are_not_bounded_where_no_bound_is_known(int max) => Assert.Null(Descriptors.ForClients(max, 256));

    [Theory]
    [InlineData(16)]
    [InlineData(1)]
    public void One_client_is_let_in_however_few_files_may_be_open(int max) => Assert.Equal(1, Descriptors.ForClients(max, 256));
}
