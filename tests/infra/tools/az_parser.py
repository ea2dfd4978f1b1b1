"""Reads `az` commands as a JSON list on stdin and prints what the Azure CLI's own parser says against each, nobody signed in.

Only az_commands.py starts it, with the Python of an environment that has azure-cli.
"""

import contextlib
import io
import json
import shlex
import sys
from typing import Any

from azure.cli.core import AzCli, get_default_cli  # type: ignore[import-untyped] # untyped where installed
from azure.cli.core.parser import AzCliCommandParser  # type: ignore[import-untyped] # as above


class Accepted(BaseException):
    """Raised when a command was parsed, so that it is not run; no handler of the CLI catches it."""


class Parser(AzCliCommandParser):  # type: ignore[misc] # as above
    """The CLI's parser, which stops there."""

    def parse_args(self, *given: Any, **named: Any) -> None:
        """Parse, then stop."""
        super().parse_args(*given, **named)
        raise Accepted


def refusal(cli: AzCli, command: str, said: io.StringIO) -> str:
    """Return what the parser says against a command; empty: nothing."""
    said.truncate(said.seek(0))
    try:
        cli.invoke(shlex.split(command)[1:])
    except Accepted:
        return ""
    except (SystemExit, ValueError) as error:
        return said.getvalue() or repr(error)
    return "not a command"


def main() -> None:
    """Answer with one JSON object: the commands that are refused, and why."""
    cli = get_default_cli()
    cli.parser_cls = Parser
    with contextlib.redirect_stderr(io.StringIO()) as said:  # one for all: the CLI's log keeps the first stderr it sees
        answers = {command: refusal(cli, command, said) for command in json.load(sys.stdin)}
    json.dump({command: answer for command, answer in answers.items() if answer}, sys.stdout)


if __name__ == "__main__":
    main()
