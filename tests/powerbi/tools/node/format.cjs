// Reads M expressions as JSON {name: text} on stdin and prints {name: {text}} or {name: {error}}, using Microsoft's parser
// and formatter.
const { DefaultSettings, tryFormat } = require("@microsoft/powerquery-formatter");

const settings = { ...DefaultSettings, indentationLiteral: "    ", newlineLiteral: "\n", maxWidth: 120 };

async function main() {
    const sources = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    const answers = {};
    for (const [name, text] of Object.entries(sources)) {
        const result = await tryFormat(settings, text);
        answers[name] =
            result.kind === "Ok"
                ? { text: result.value.trimEnd() }
                : { error: String(result.error.innerError?.message ?? result.error.message) };
    }
    process.stdout.write(JSON.stringify(answers));
}

main();
