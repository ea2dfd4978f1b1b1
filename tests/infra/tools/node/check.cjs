// Binds queries with Microsoft's Kusto language service: JSON {schema, queries} on stdin, {name: [messages]} on stdout.
require("@kusto/language-service-next/bridge.min.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");
const { schema, queries } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const { Symbols } = Kusto.Language;
const tables = Object.entries(schema).map(([name, columns]) => Symbols.TableSymbol.From(columns).WithName(name));
const database = new Symbols.DatabaseSymbol.ctor("workspace", tables);
const globals = Kusto.Language.GlobalState.Default.WithDatabase(database);
const found = {};
for (const [name, text] of Object.entries(queries)) {
  const code = Kusto.Language.KustoCode.ParseAndAnalyze(text, globals);
  const diagnostics = code.GetDiagnostics();
  found[name] = [];
  for (let i = 0; i < diagnostics.Count; i++) found[name].push(diagnostics.getItem(i).Message);
}
process.stdout.write(JSON.stringify(found));
