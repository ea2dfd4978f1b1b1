"""The job's own log lines, shown to a person while a command runs."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from cli.support.console import say
from cli.support.failure import by_hand
from shared.log import LOGGER, Marker, quieten_libraries

_STYLES = {logging.INFO: "green", logging.WARNING: "yellow", logging.ERROR: "bold red"}
_LEFT_OUT = ("account", "date", "currency", "runId", "tenantId", "message", "remedy")


class _Lines(logging.Handler):
    """Prints each line: a marked one as its marker, its account, and the rest of its fields."""

    def __init__(self, *, stderr: bool, seen: Callable[[str, dict[str, Any]], None]) -> None:
        super().__init__()
        self._seen = seen
        self._stderr = stderr

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        text = record.getMessage()
        marker, _, fields = text.partition(" ")
        style = _STYLES.get(record.levelno, "")
        if marker not in set(Marker):
            say(("log", style), f"  {text}", stderr=self._stderr)
            return
        known = json.loads(fields)
        self._seen(marker, known)
        if "remedy" in known:
            known["remedy"] = by_hand(str(known.get("code")), known["message"], known["remedy"])
        about = " ".join(str(known[name]) for name in ("account", "date", "currency") if name in known)
        rest = " ".join(f"{name}={value}" for name, value in known.items() if name not in _LEFT_OUT)
        say((marker, style), *(f"  {part}" for part in (about, rest) if part), stderr=self._stderr)
        for name in ("message", "remedy"):
            if name in known:
                say(f"    {name}: {known[name]}", stderr=self._stderr)


@contextmanager
def job_log_shown(
    *,
    stderr: bool = True,
    level: int = logging.INFO,
    seen: Callable[[str, dict[str, Any]], None] = lambda _marker, _fields: None,
) -> Iterator[None]:
    """Show what the job logs, of this level or higher, for as long as the context lasts.

    `seen` is given each marked line's marker and fields.
    """
    quieten_libraries()
    handler = _Lines(stderr=stderr, seen=seen)
    level_before, propagates = LOGGER.level, LOGGER.propagate
    LOGGER.addHandler(handler)
    LOGGER.setLevel(level)
    LOGGER.propagate = False
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level_before)
        LOGGER.propagate = propagates
