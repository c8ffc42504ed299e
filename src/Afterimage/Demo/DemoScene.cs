using System.Numerics;

namespace Afterimage.Demo;

internal enum Backdrop
{
    Land,
    Sea,
    Mountains,
    City,
    Forest,
    Desert,
    Space,
    Studio,
    Underwater,
    Abstract,
}

internal enum DayTime
{
    Day,
    Dawn,
    Sunset,
    Night,
}

internal enum Season
{
    Summer,
    Spring,
    Autumn,
    Winter,
    Rain,
}

internal enum RenderStyle
{
    Plain,
    Watercolor,
    PixelArt,
    Neon,
    Noir,
    Sketch,
    Oil,
    Vintage,
}

/// <summary>A thing to draw: its name in <see cref="DemoShapes"/>, how many, and its own colour where the words give one.</summary>
internal sealed record DemoSubject(string Shape, int Count, Vector4? Colour);

/// <summary>What the words of a prompt ask for, as far as the demo origin can draw it.</summary>
internal sealed record DemoScene(Backdrop Backdrop, DayTime Time, Season Season, RenderStyle Style, IReadOnlyList<DemoSubject> Subjects, Vector4? Tint, bool Sun, bool Moon);
