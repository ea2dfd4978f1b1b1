"""The job's own log lines, shown to a person while a command runs."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cli.support.console import say
from cli.support.failure import by_hand
from shared.log import LOGGER, Marker, quieten_libraries

_STYLES = {logging.INFO: "green", logging.WARNING: "yellow", logging.ERROR: "bold red"}
_ABOUT = ("account", "date", "currency")
_LEFT_OUT = (*_ABOUT, "runId", "tenantId", "message", "remedy")

Marked = list[tuple[str, dict[str, Any]]]
"""The marked lines so far, each as its marker and its fields."""


class _Lines(logging.Handler):
    """Prints each line: a marked one as its marker, its account, and the rest of its fields."""

    def __init__(self, level: int, *, stderr: bool) -> None:
        super().__init__(level)
        self.marked: Marked = []
        self._stderr = stderr

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        marker, _, fields = record.getMessage().partition(" ")
        style = _STYLES.get(record.levelno, "")
        if marker not in set(Marker):
            say(("log", style), f"  {record.getMessage()}", stderr=self._stderr)
            return
        known = json.loads(fields)
        self.marked.append((marker, known))
        about = " ".join(known[name] for name in _ABOUT if name in known)
        rest = " ".join(f"{name}={value}" for name, value in known.items() if name not in _LEFT_OUT)
        say((marker, style), *(f"  {part}" for part in (about, rest) if part), stderr=self._stderr)
        if "remedy" in known:
            remedy = by_hand(known["message"], known["remedy"])
            say(f"    message: {known['message']}\n    remedy: {remedy}", stderr=self._stderr)


@contextmanager
def job_log_shown(*, stderr: bool = True, level: int = logging.INFO) -> Iterator[Marked]:
    """Show what the job logs, of this level or higher, for as long as the context lasts; gives the marked lines so far."""
    quieten_libraries()
    handler = _Lines(level, stderr=stderr)
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        yield handler.marked
    finally:
        LOGGER.removeHandler(handler)
