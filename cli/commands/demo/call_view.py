"""The stand-in's journal, shown live: each call as it is answered, with its time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from cli.support.console import say

if TYPE_CHECKING:
    from standin.journal import Call, Journal

_NAMES = {
    "identity": "Azure identity",
    "vault": "Key Vault",
    "entra": "Entra ID",
    "partner": "Partner Center",
    "table": "Table Storage",
}
_LOOK_EVERY = 0.01
_REFUSED = 400


class CallView:
    """Prints the calls that reached the journal since the view was made, in their order."""

    def __init__(self, journal: "Journal") -> None:
        self._journal = journal
        self._shown = len(journal.calls())
        self._started = time.monotonic()
        self._lock = Lock()

    def show_answered(self) -> None:
        """Print what was answered since the last time."""
        with self._lock:
            for call in self._journal.calls()[self._shown :]:
                if call.status is None:
                    return
                self._shown += 1
                _print(call, time.monotonic() - self._started)

    @contextmanager
    def live(self) -> Iterator[None]:
        """Print the calls as they are answered, for as long as the context lasts."""
        over = Event()

        def look() -> None:
            while not over.wait(_LOOK_EVERY):
                self.show_answered()

        thread = Thread(target=look, name="call-view", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self.show_answered()


def _print(call: "Call", seconds: float) -> None:
    status = str(call.status)
    style = "green" if (call.status or 0) < _REFUSED else "yellow"
    detail = f"  ({call.detail})" if call.detail else ""
    say(
        f"  {seconds:6.3f} s  {_NAMES.get(call.service, call.service):15} ",
        (status, style),
        f"  {call.method} {call.path}{detail}",
    )
