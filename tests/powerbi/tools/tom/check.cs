// Reads a TMDL folder with Microsoft's own library, as Power BI Desktop does, and prints the model as JSON.
using System;
using Microsoft.AnalysisServices.Tabular;

static class Check
{
    static int Main(string[] arguments)
    {
        try
        {
            var database = TmdlSerializer.DeserializeDatabaseFromFolder(arguments[0]);
            foreach (var error in database.Model.Validate().Errors)
            {
                Console.Error.WriteLine(error.Message);
                return 1;
            }
            Console.WriteLine(JsonSerializer.SerializeDatabase(database));
            return 0;
        }
        catch (Exception error)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }
}
