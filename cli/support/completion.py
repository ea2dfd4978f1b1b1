"""Completion in the shell: `eval "$(python -m cli --completion bash)"` makes a command `balances` that completes.

A name of its own, because shells complete by a command's name and `python` is everybody's. What completes is Typer's; the
scripts only call it with the variables that it reads.
"""

import shlex
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]

_BASH = """\
balances() { env PYTHONPATH=@root @python -m cli "$@"; }
_balances() {
  local IFS=$'\\n'
  COMPREPLY=($(env PYTHONPATH=@root COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD _BALANCES_COMPLETE=complete_bash @python -m cli))
}
complete -o default -F _balances balances
"""

_ZSH = """\
balances() { env PYTHONPATH=@root @python -m cli "$@" }
_balances() {
  eval "$(env PYTHONPATH=@root _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _BALANCES_COMPLETE=complete_zsh @python -m cli)"
}
compdef _balances balances
"""

_FISH = """\
function balances; env PYTHONPATH=@root @python -m cli $argv; end
function __balances
  env PYTHONPATH=@root _BALANCES_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=$argv[1] _TYPER_COMPLETE_ARGS=(commandline -cp) @python -m cli
end
complete --command balances --no-files --arguments "(__balances get-args)" --condition "__balances is-args"
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def script(shell: str) -> str:
    """Return the shell's script."""
    text = _SCRIPTS[shell]
    for name, value in {"@root": str(_ROOT), "@python": sys.executable}.items():
        text = text.replace(name, shlex.quote(value))
    return text
