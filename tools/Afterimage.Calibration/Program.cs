// dotnet run -c Release --project tools/Afterimage.Calibration -- report PAIRS-FOLDER | show PAIRS-FOLDER SET CATEGORY LABEL COUNT | sweep PAIRS-FOLDER | reliability FILE... | read "prompt"
using Afterimage.CalibrationTool;

return args switch
{
    ["report", string folder] => Reports.Table(folder),
    ["show", string folder, string set, string category, string label, string count] =>
        Reports.Show(folder, set, category, int.Parse(label), int.Parse(count)),
    ["between", string folder, string set, string category, string label, string low, string high] =>
        Reports.Between(folder, set, category, int.Parse(label), double.Parse(low), double.Parse(high)),
    ["words", .. string[] words] => Reports.Words(words),
    ["reliability", .. string[] files] => Reliability.Table(files),
    ["features", string file] => Reports.Features(file),
    ["sweep", string folder] => Reports.Sweep(folder),
    ["read", string prompt] => Reports.Read(prompt),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: report FOLDER | show FOLDER SET CATEGORY LABEL COUNT | read PROMPT");
    return 2;
}
