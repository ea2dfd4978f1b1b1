"""Write a page that has generated parts, or check that it is up to date."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def write_or_check(page: Path, render: Callable[[str], str], arguments: Sequence[str]) -> int:
    """Write the page as `render` returns it for its present text; with `--check`, return 1 where it differs."""
    before = page.read_text(encoding="utf-8")
    after = render(before)
    if list(arguments) == ["--check"]:
        if after != before:
            sys.stderr.write(f"docs/{page.name} is out of date: run `python3 dev.py docs`.\n")
        return int(after != before)
    if after != before:
        page.write_text(after, encoding="utf-8", newline="\n")
    return 0
