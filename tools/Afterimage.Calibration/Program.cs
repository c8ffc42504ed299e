// dotnet run -c Release --project tools/Afterimage.Calibration -- report PAIRS-FOLDER | show PAIRS-FOLDER SET CATEGORY LABEL COUNT | read "prompt"
using Afterimage.CalibrationTool;

return args switch
{
    ["report", string folder] => Reports.Table(folder),
    ["show", string folder, string set, string category, string label, string count] =>
        Reports.Show(folder, set, category, int.Parse(label), int.Parse(count)),
    ["read", string prompt] => Reports.Read(prompt),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: report FOLDER | show FOLDER SET CATEGORY LABEL COUNT | read PROMPT");
    return 2;
}
