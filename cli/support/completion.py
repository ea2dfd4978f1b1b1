"""Completion in the shell: `eval "$(python -m cli --completion bash)"` makes a command `balances` that completes.

A name of its own, because shells complete by a command's name and `python` is everybody's. What completes is Typer's; the
scripts only call it with the variables that it reads.
"""

import shlex
import sys
from collections.abc import Mapping
from enum import StrEnum

import typer
from typer.completion import get_completion_inspect_parameters

from cli.support.settings_source import PROJECT

COMPLETE_VARIABLE = "_BALANCES_COMPLETE"


class Shell(StrEnum):
    """The shells there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


_BASH = """\
balances() { env PYTHONPATH=@root @python -m cli "$@"; }
_balances() {
  local IFS=$'\\n'
  COMPREPLY=($(env PYTHONPATH=@root COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD @variable=complete_bash @python -m cli))
}
complete -o default -F _balances balances
"""

_ZSH = """\
balances() { env PYTHONPATH=@root @python -m cli "$@" }
_balances() {
  eval "$(env PYTHONPATH=@root _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" @variable=complete_zsh @python -m cli)"
}
compdef _balances balances
"""

_FISH = """\
function balances; env PYTHONPATH=@root @python -m cli $argv; end
function __balances
  env PYTHONPATH=@root @variable=complete_fish _TYPER_COMPLETE_FISH_ACTION=$argv[1] _TYPER_COMPLETE_ARGS=(commandline -cp) @python -m cli
end
complete --command balances --no-files --arguments "(__balances get-args)" --condition "__balances is-args"
"""

_SCRIPTS = {Shell.BASH: _BASH, Shell.ZSH: _ZSH, Shell.FISH: _FISH}


def completed_words(environ: Mapping[str, str]) -> list[str]:
    """Return the words of the line that a shell wants completed, and be ready to complete it; none when no shell asks."""
    if COMPLETE_VARIABLE not in environ:
        return []
    get_completion_inspect_parameters()  # makes Typer's completion ready as well
    return (environ.get("COMP_WORDS") or environ.get("_TYPER_COMPLETE_ARGS") or "").split()


def print_script(shell: Shell | None) -> None:
    """Print the shell's script and end; nothing happens when no shell is named."""
    if shell is None:
        return
    known = {"@root": str(PROJECT), "@python": sys.executable}
    script = _SCRIPTS[shell].replace("@variable", COMPLETE_VARIABLE)
    for name, value in known.items():
        script = script.replace(name, shlex.quote(value))
    typer.echo(script, nl=False)
    raise typer.Exit
