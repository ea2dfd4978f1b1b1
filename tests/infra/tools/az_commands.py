"""Runs every `az` command in the documents, workflows, remedies and Bicep files through the Azure CLI's own argument parser.

`python -m tests.infra.tools.az_commands`; the first run installs the CLI (700 MB) into a cache folder.
"""

import html
import os
import re
import shlex
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

VERSION = "2.91.0"
ROOT = Path(__file__).resolve().parents[3]
HOME = ROOT / ".cache" / f"azure-cli-{VERSION}"
SOURCES = ("*.md", "docs/*.md", "infra/*.bicep*", ".github/workflows/*.yml", "shared/**/*.py", "cli/**/*.py")

_BLOCK = re.compile(r"^( *)```\w*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_NEXT_LITERAL = re.compile(r'"\s*f?"')
_DATE = re.compile(r"(--(?:expires|not-before)) \S+")
_DOCUMENT = re.compile(r"(federated-credential create .*--parameters) \S+")
_PLACEHOLDER = re.compile(r"<[^<>\n]+>|\{[\w.]+\}|\$\w+")


def shell_lines(path: Path) -> Iterator[str]:
    """Yield a file's lines that a shell would read or a person would paste; text in backticks counts as one line."""
    text = path.read_text("utf-8").replace("\\\n", " ")
    if path.suffix == ".yml":
        yield from re.sub(r"\n +(?=--)", " ", text).splitlines()
    for match in _BLOCK.finditer(text):
        yield from match[2].splitlines()
    text = html.unescape(_BLOCK.sub("", text))
    yield from (" ".join(span.split()) for span in re.findall(r"`(az [^`]+)`", _NEXT_LITERAL.sub("", text)))


def commands(line: str) -> Iterator[str]:
    """Yield each `az` command in a line, with made-up values in place of `<...>`, `{...}` and variables."""
    tokens = shlex.shlex(_PLACEHOLDER.sub("value", line), posix=True, punctuation_chars=True)
    tokens.whitespace_split = True
    found: list[str] = []
    for token in [*tokens, ";"] if re.search(r"\baz ", line) else []:
        if token == "az" or (found and token.strip("();<>|&")):
            found.append(token)
        elif found:
            command = _DATE.sub(r"\1 2027-05-31T00:00:00Z", shlex.join(found))
            yield _DOCUMENT.sub(r"\1 {}", command)
            found = []


def installed() -> Path:
    """Return the Python that has the Azure CLI, and install the CLI if it is missing."""
    python = HOME / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp = HOME / "installed"
    if not stamp.is_file():
        sys.stderr.write(f"Installing azure-cli {VERSION} into {HOME.relative_to(ROOT)}\n")
        venv.create(HOME, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"azure-cli=={VERSION}"], check=True)  # noqa: S603 - constants
        stamp.touch()
    return python


def main() -> int:
    """Return 1 if a command is refused."""
    files = [path for pattern in SOURCES for path in sorted(ROOT.glob(pattern))]
    every = sorted({command for path in files for line in shell_lines(path) for command in commands(line)})
    alone = os.environ | {"AZURE_CONFIG_DIR": str(HOME / "config"), "AZURE_CORE_COLLECT_TELEMETRY": "no"}
    parser = str(Path(__file__).with_name("az_parser.py"))
    return subprocess.run([str(installed()), parser, *every], env=alone, check=False).returncode  # noqa: S603 - our own script


if __name__ == "__main__":
    sys.exit(main())
