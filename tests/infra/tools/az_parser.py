"""Runs `az` commands, its arguments, through the Azure CLI's own parser without a sign-in, and prints those that it refuses.

Only az_commands.py starts it, with the Python of an environment that has azure-cli.
"""

import contextlib
import io
import shlex
import sys
from typing import Any

from azure.cli.core import get_default_cli  # type: ignore[import-untyped] # untyped where installed
from azure.cli.core.parser import AzCliCommandParser  # type: ignore[import-untyped] # as above


class Accepted(BaseException):
    """Raised when a command was parsed, so that it does not run; no handler in the CLI catches it."""


class Parser(AzCliCommandParser):  # type: ignore[misc] # as above
    """The CLI's parser, which stops after parsing."""

    def parse_args(self, *given: Any, **named: Any) -> None:
        """Parse, then stop."""
        super().parse_args(*given, **named)
        raise Accepted


def main(commands: list[str]) -> int:
    """Return 1 if a command is refused."""
    cli, refused = get_default_cli(), 0
    cli.parser_cls = Parser
    with contextlib.redirect_stderr(
        io.StringIO()
    ) as stderr:  # one for all: the CLI's log keeps using the first stderr it sees
        for command in commands:
            stderr.truncate(stderr.seek(0))
            try:
                cli.invoke(shlex.split(command)[1:])
            except Accepted:
                continue
            except (SystemExit, ValueError) as error:
                why = stderr.getvalue() or repr(error)
            else:
                why = "not a command"
            # A command without arguments is only mentioned in the text; it is enough that it exists.
            if " -" in command or "arguments are required" not in why:
                sys.stdout.write(f"{command}\n    {why.splitlines()[0]}\n")
                refused += 1
    sys.stdout.write(f"{len(commands) - refused} of {len(commands)} az commands are accepted\n")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
