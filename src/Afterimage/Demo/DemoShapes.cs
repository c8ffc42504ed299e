namespace Afterimage.Demo;

/// <summary>How a thing is placed: its height as a share of the picture, and what it stands on.</summary>
internal readonly record struct ShapeTraits(float Height, ShapeHome Home, int Colour);

internal enum ShapeHome
{
    Ground,
    Sky,
    Water,
}

/// <summary>Everything the demo origin can draw, by name.</summary>
internal static class DemoShapes
{
    public delegate void Drawing(Pen pen, DemoRandom random);

    private static readonly Dictionary<string, (ShapeTraits Traits, Drawing Draw)> All = new()
    {
        ["cat"] = (new(0.42f, ShapeHome.Ground, 0xD98E48), AnimalShapes.Cat),
        ["dog"] = (new(0.42f, ShapeHome.Ground, 0xB07A4A), AnimalShapes.Dog),
        ["fox"] = (new(0.40f, ShapeHome.Ground, 0xE0702C), AnimalShapes.Fox),
        ["horse"] = (new(0.50f, ShapeHome.Ground, 0x8A5A38), AnimalShapes.Horse),
        ["rabbit"] = (new(0.36f, ShapeHome.Ground, 0xCDB8A0), AnimalShapes.Rabbit),
        ["bear"] = (new(0.46f, ShapeHome.Ground, 0x6E4A34), AnimalShapes.Bear),
        ["elephant"] = (new(0.50f, ShapeHome.Ground, 0x8E939C), AnimalShapes.Elephant),
        ["dragon"] = (new(0.56f, ShapeHome.Ground, 0x3F8F5A), AnimalShapes.Dragon),
        ["bird"] = (new(0.16f, ShapeHome.Sky, 0x39485C), AnimalShapes.Bird),
        ["owl"] = (new(0.36f, ShapeHome.Ground, 0x8B6A48), AnimalShapes.Owl),
        ["butterfly"] = (new(0.22f, ShapeHome.Sky, 0xE08A3C), AnimalShapes.Butterfly),
        ["fish"] = (new(0.24f, ShapeHome.Water, 0xF08A40), AnimalShapes.Fish),
        ["person"] = (new(0.48f, ShapeHome.Ground, 0x37618E), PeopleShapes.Person),
        ["woman"] = (new(0.48f, ShapeHome.Ground, 0xB23F5E), PeopleShapes.Woman),
        ["wizard"] = (new(0.52f, ShapeHome.Ground, 0x4B3F8F), PeopleShapes.Wizard),
        ["astronaut"] = (new(0.50f, ShapeHome.Ground, 0xE9ECF0), PeopleShapes.Astronaut),
        ["robot"] = (new(0.56f, ShapeHome.Ground, 0x8FA3B5), PeopleShapes.Robot),
        ["tree"] = (new(0.58f, ShapeHome.Ground, 0x4E9250), PlantShapes.Tree),
        ["pine"] = (new(0.58f, ShapeHome.Ground, 0x2F6B4A), PlantShapes.Pine),
        ["palm"] = (new(0.60f, ShapeHome.Ground, 0x3F9A5C), PlantShapes.Palm),
        ["flower"] = (new(0.42f, ShapeHome.Ground, 0xE2557A), PlantShapes.Flower),
        ["cactus"] = (new(0.46f, ShapeHome.Ground, 0x3E8A57), PlantShapes.Cactus),
        ["mushroom"] = (new(0.40f, ShapeHome.Ground, 0xC8352F), PlantShapes.Mushroom),
        ["fruit"] = (new(0.34f, ShapeHome.Ground, 0xD0392F), PlantShapes.Fruit),
        ["house"] = (new(0.40f, ShapeHome.Ground, 0xD9B48A), BuildingShapes.House),
        ["castle"] = (new(0.56f, ShapeHome.Ground, 0xA9A4B4), BuildingShapes.Castle),
        ["temple"] = (new(0.54f, ShapeHome.Ground, 0xB8473A), BuildingShapes.Temple),
        ["lighthouse"] = (new(0.62f, ShapeHome.Ground, 0xF0ECE4), BuildingShapes.Lighthouse),
        ["windmill"] = (new(0.54f, ShapeHome.Ground, 0xE8DCC4), BuildingShapes.Windmill),
        ["bridge"] = (new(0.34f, ShapeHome.Water, 0xA8503C), BuildingShapes.Bridge),
        ["car"] = (new(0.24f, ShapeHome.Ground, 0xC23A34), VehicleShapes.Car),
        ["bus"] = (new(0.30f, ShapeHome.Ground, 0xD9A02C), VehicleShapes.Bus),
        ["bicycle"] = (new(0.34f, ShapeHome.Ground, 0x2F5F8F), VehicleShapes.Bicycle),
        ["boat"] = (new(0.40f, ShapeHome.Water, 0x8A4B34), VehicleShapes.Boat),
        ["balloon"] = (new(0.40f, ShapeHome.Sky, 0xD9483C), VehicleShapes.Balloon),
        ["airplane"] = (new(0.20f, ShapeHome.Sky, 0xE4E8EE), VehicleShapes.Airplane),
        ["rocket"] = (new(0.52f, ShapeHome.Sky, 0xE6E8EC), VehicleShapes.Rocket),
        ["planet"] = (new(0.40f, ShapeHome.Sky, 0xD9A066), ObjectShapes.Planet),
        ["star"] = (new(0.40f, ShapeHome.Sky, 0xF5CE3E), ObjectShapes.Star),
        ["heart"] = (new(0.46f, ShapeHome.Sky, 0xD8344E), ObjectShapes.Heart),
        ["cup"] = (new(0.36f, ShapeHome.Ground, 0xE8E2D8), ObjectShapes.Cup),
        ["book"] = (new(0.26f, ShapeHome.Ground, 0x7A3440), ObjectShapes.Book),
        ["bottle"] = (new(0.50f, ShapeHome.Ground, 0x3C7A5E), ObjectShapes.Bottle),
        ["lamp"] = (new(0.48f, ShapeHome.Ground, 0xD9A93A), ObjectShapes.Lamp),
        ["sword"] = (new(0.60f, ShapeHome.Ground, 0xC4CCD6), ObjectShapes.Sword),
        ["guitar"] = (new(0.60f, ShapeHome.Ground, 0xB8743A), ObjectShapes.Guitar),
        ["cake"] = (new(0.36f, ShapeHome.Ground, 0xF2C9C4), ObjectShapes.Cake),
        ["umbrella"] = (new(0.46f, ShapeHome.Ground, 0xC83A44), ObjectShapes.Umbrella),
    };

    public static IEnumerable<string> Names => All.Keys;

    public static ShapeTraits Traits(string shape) => All[shape].Traits;

    public static void Draw(string shape, Pen pen, DemoRandom random) => All[shape].Draw(pen, random);
}
