using System.Globalization;

namespace Afterimage.Demo;

/// <summary>The words that the demo origin can draw. Tables of text: what is meant, then the words that mean it.</summary>
internal static class DemoWords
{
    public static readonly Dictionary<string, int> Colours = """
        red:D8343A crimson:B0203A scarlet:E0301E orange:F08A2C amber:F2A93B yellow:F5CE3E golden:E3B23C gold:D9A93A green:4C9F50
        emerald:1F9E6B lime:A6CE39 olive:7A8038 teal:1F8A8C turquoise:3CC0B4 cyan:35C4DC blue:2F6FD0 navy:22356F azure:4AA3E8
        indigo:4B3FA7 purple:7C48B0 violet:8F5BD0 lavender:B49BE0 magenta:D03FA0 pink:F08FB2 rose:E0607E brown:8A5A34
        beige:D9C3A0 cream:F2E4C4 tan:C79B6A black:2A2A32 white:F4F2EE grey:8C9099 gray:8C9099 silver:B9C0C9 orangey:F08A2C
        ginger:D9822B copper:B87333 bronze:A5742F maroon:7A2230
        """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split(':'))
        .ToDictionary(pair => pair[0], pair => int.Parse(pair[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    public static readonly Dictionary<string, Backdrop> Places = Table<Backdrop>("""
        Sea: sea ocean beach lake river coast harbor harbour shore waves island water
        Mountains: mountain mountains alps cliff valley peak volcano fjord
        City: city street skyline tokyo cityscape urban downtown skyscraper skyscrapers town cyberpunk rooftop highway
        Forest: forest woods jungle woodland
        Desert: desert dune dunes sand mars
        Space: space galaxy nebula cosmos orbit universe
        Studio: room table studio kitchen portrait logo product indoors shelf
        Underwater: underwater reef aquarium
        Land: field meadow garden hill hills park grass farm landscape countryside road village
        Abstract: abstract pattern geometric
        """);

    public static readonly Dictionary<string, DayTime> Times = Table<DayTime>("""
        Night: night midnight moonlit starry stars nighttime
        Sunset: sunset dusk evening twilight hour
        Dawn: sunrise dawn morning misty foggy
        """);

    public static readonly Dictionary<string, Season> Seasons = Table<Season>("""
        Winter: winter snow snowy ice frozen christmas arctic
        Autumn: autumn fall october
        Spring: spring blossom blossoms cherry
        Rain: rain rainy storm stormy
        """);

    public static readonly Dictionary<string, RenderStyle> Styles = Table<RenderStyle>("""
        Watercolor: watercolor watercolour gouache pastel
        PixelArt: pixel pixelart 8bit voxel
        Neon: neon cyberpunk synthwave vaporwave glowing
        Noir: noir monochrome
        Sketch: sketch pencil drawing charcoal ink
        Oil: oil painting impressionist gogh
        Vintage: vintage sepia retro polaroid
        """);

    /// <summary>Shapes that look better before a wall than in a landscape when no place is named.</summary>
    public static readonly HashSet<string> Indoors = ["cup", "book", "fruit", "robot", "heart", "star", "bottle", "lamp", "mushroom", "sword", "guitar", "cake", "clock", "phone"];

    private static readonly string[] NumberWords = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

    private static readonly Dictionary<string, string> Shapes = Rows("""
        cat: cat kitten kitty tiger lion panther
        dog: dog puppy wolf corgi
        fox: fox
        horse: horse unicorn deer cow
        rabbit: rabbit bunny mouse
        bird: bird eagle seagull crow
        owl: owl parrot penguin
        fish: fish whale shark dolphin
        dragon: dragon dinosaur
        bear: bear panda
        elephant: elephant
        butterfly: butterfly
        person: person man boy child people men children knight warrior king soldier samurai
        woman: woman girl lady princess queen women dancer mother
        wizard: wizard witch
        astronaut: astronaut
        robot: robot android
        tree: tree oak
        pine: pine fir
        palm: palm
        flower: flower tulip sunflower daisy roses lotus bouquet
        cactus: cactus
        mushroom: mushroom
        house: house cottage cabin hut home barn
        castle: castle palace fortress
        temple: temple pagoda
        lighthouse: lighthouse tower
        windmill: windmill
        bridge: bridge
        car: car taxi truck
        bus: bus van train tram
        bicycle: bicycle bike motorcycle
        boat: boat ship sailboat yacht
        balloon: balloon
        airplane: airplane plane aircraft
        rocket: rocket spaceship ufo
        planet: planet saturn earth
        star: star
        heart: heart
        cup: cup coffee tea mug teapot
        book: book books
        fruit: apple fruit lemon strawberry peach pumpkin
        bottle: bottle vase
        lamp: lamp lantern candle
        sword: sword
        guitar: guitar
        cake: cake
        umbrella: umbrella
        """).ToDictionary(row => row.Word, row => row.Meaning);

    public static string? ShapeOf(string word) =>
        Shapes.TryGetValue(word, out string? shape) ? shape
        : word.EndsWith("ies", StringComparison.Ordinal) && Shapes.TryGetValue(word[..^3] + "y", out shape) ? shape
        : word.EndsWith("ves", StringComparison.Ordinal) && Shapes.TryGetValue(word[..^3] + "f", out shape) ? shape
        : word.EndsWith("es", StringComparison.Ordinal) && Shapes.TryGetValue(word[..^2], out shape) ? shape
        : word.EndsWith('s') && Shapes.TryGetValue(word[..^1], out shape) ? shape
        : null;

    /// <summary>How many a word says; null where it is no number of things.</summary>
    public static int? NumberOf(string word)
    {
        int index = Array.IndexOf(NumberWords, word);
        return index > 0 ? index
            : word is "pair" or "couple" ? 2
            : word is "several" or "group" or "few" or "dozen" ? 5
            : word is "many" or "flock" or "herd" or "crowd" or "field" or "lots" ? 7
            : word.Length <= 2 && int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
            : null;
    }

    /// <summary>Where a thing is at home when the prompt names no place.</summary>
    public static Backdrop NativePlace(string shape) => shape switch
    {
        "boat" or "lighthouse" or "palm" or "bridge" => Backdrop.Sea,
        "fish" => Backdrop.Underwater,
        "rocket" or "planet" or "astronaut" => Backdrop.Space,
        "bus" or "car" => Backdrop.City,
        "castle" or "dragon" or "temple" => Backdrop.Mountains,
        "cactus" => Backdrop.Desert,
        "pine" or "bear" => Backdrop.Forest,
        _ => Backdrop.Land,
    };

    private static Dictionary<string, T> Table<T>(string text)
        where T : struct, Enum => Rows(text).ToDictionary(row => row.Word, row => Enum.Parse<T>(row.Meaning));

    private static IEnumerable<(string Word, string Meaning)> Rows(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            string[] halves = line.Split(": ");
            foreach (string word in halves[1].Split(' '))
            {
                yield return (word, halves[0].Trim());
            }
        }
    }
}
