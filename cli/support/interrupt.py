"""Ctrl+C: waits end, the command reports what it did and did not do, and the process exits with status 130."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Any

INTERRUPTED = 130

STOP = Event()
"""Set by Ctrl+C; the clients of every command watch it."""

_GRACE_SECONDS = 1.5
"""Time for a clean exit. After it, the process exits even if a library still waits for a connection."""

_reports: list[Callable[[], str]] = [lambda: "Nothing was written."]
_first_report = Lock()


class InterruptedByUserError(BaseException):
    """Ctrl+C. Not a KeyboardInterrupt, which Typer would catch silently."""


def on_interrupt(done: Callable[[], str]) -> None:
    """From now on, report what `done` returns after Ctrl+C. The default report is that nothing was written."""
    _reports.append(done)


def watch() -> None:
    """Watch for Ctrl+C from now on.

    A thread also reads the signal from a socket, because Windows cannot interrupt a wait in the main thread.
    """
    receiver, sender = socket.socketpair()
    sender.settimeout(0)
    signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, _interrupt)
    Thread(target=_exit_soon, args=(receiver, sender), name="interrupt", daemon=True).start()


def _interrupt(*_: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    STOP.set()
    sys.unraisablehook = lambda _: None  # libraries' cleanup errors would only confuse the user
    raise InterruptedByUserError


def _exit_soon(receiver: socket.socket, _sender: socket.socket) -> None:
    receiver.recv(1)
    STOP.set()
    time.sleep(_GRACE_SECONDS)
    report()
    sys.stdout.flush()
    os._exit(INTERRUPTED)


def report() -> None:
    """Report, only once, what was done and what was not."""
    from cli.support.console import err, say  # noqa: PLC0415 - --help does not need it

    if _first_report.acquire(blocking=False):
        err().show_cursor()
        say(("interrupted", "bold red"), f"  {_reports[-1]()}", stderr=True)
