namespace Afterimage.Entries;

/// <summary>Names one life of one catalogue slot.</summary>
internal readonly record struct CatalogueTicket(int Slot, uint Generation);
