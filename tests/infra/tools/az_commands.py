"""Puts every `az` command of the documents through the Azure CLI's own argument parser, with nobody signed in.

Run it with the Python of an environment that has azure-cli 2.91.0: `<python> tests/infra/tools/az_commands.py`.
"""

import contextlib
import io
import re
import shlex
import sys
from pathlib import Path

from azure.cli.core import AzCli, get_default_cli  # type: ignore[import-untyped] # untyped where installed
from azure.cli.core.util import CLIError  # type: ignore[import-untyped] # as above

ROOT = Path(__file__).resolve().parents[3]
WHERE = ("README.md", "docs/*.md", ".github/workflows/*.yml", "shared/**/*.py", "cli/**/*.py")
COMMAND = re.compile(r"(?:`|^\s*(?:- run: )?|\$\()(az [a-z][^`\n]*)", re.MULTILINE)
END = re.compile(r" \|+ | \\$| > |; | &&|(?<=tsv)\)|\)$")


def commands() -> set[str]:
    """Return the commands, each on one line and with made-up values in place of `<...>`, `{...}` and variables."""
    found = set()
    for path in (path for pattern in WHERE for path in ROOT.glob(pattern)):
        text = re.sub(r"\s*\\?\n\s+(?=--)", " ", path.read_text("utf-8"))
        text = re.sub(r"(?<=[^`\n])\n(?=registrationState)", " ", text)
        for match in COMMAND.finditer(text):
            line = END.split(match[1])[0].strip()
            line = re.sub(r"--expires \S+", "--expires 2027-05-31T00:00:00Z", line)
            line = re.sub(r"(--parameters )(<file>|federated.json)", r"\1{}", line)
            if " --" in line or " -g" in line:  # else a command is only named
                found.add(re.sub(r"<[^>]+>|\{[\w.]+\}|\$\w+", "value", line))
    return found


def refusal(cli: AzCli, text: str) -> str:
    """Return what the parser says against a command; empty: nothing."""
    try:
        arguments = shlex.split(text)[1:]
    except ValueError as error:
        return str(error)
    invocation = cli.invocation_cls(
        cli_ctx=cli, parser_cls=cli.parser_cls, commands_loader_cls=cli.commands_loader_cls, help_cls=cli.help_cls
    )
    cli.invocation = invocation
    invocation.data["command_string"] = " ".join(arguments)
    loader = invocation.commands_loader
    table = loader.load_command_table(arguments)
    name = max((each for each in table if f"{' '.join(arguments)} ".startswith(f"{each} ")), key=len, default="")
    if not name:
        return "no such command"
    loader.command_name = name
    loader.command_table = {name: table[name]}
    loader.load_arguments(name)
    invocation.parser.load_command_table(loader)
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            invocation.parser.parse_args(arguments)
    except (SystemExit, CLIError) as error:
        return said.getvalue().strip() or repr(error)
    return ""


def main() -> int:
    """Return 1 where a command is refused."""
    cli = get_default_cli()
    answers = {text: refusal(cli, text) for text in sorted(commands())}
    refused = {text: answer for text, answer in answers.items() if answer}
    for text, answer in refused.items():
        says = next(
            (line for line in answer.splitlines() if "rror" in line or "required" in line), answer.splitlines()[0]
        )
        sys.stdout.write(f"{text}\n    {says}\n")
    sys.stdout.write(f"{len(answers) - len(refused)} of {len(answers)} az commands are accepted\n")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
