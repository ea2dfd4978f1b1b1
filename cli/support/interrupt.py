"""Ctrl+C: waits end, the command says what was done and what was not, and the process ends with status 130."""

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
"""The time to end cleanly. A library that still waits for a connection then ends with the process."""

_reports: list[Callable[[], str]] = [lambda: "Nothing was written."]
_first_report = Lock()


class InterruptedByUserError(BaseException):
    """Ctrl+C; not a KeyboardInterrupt, which the command line library would catch and say nothing of."""


def on_interrupt(done: Callable[[], str]) -> None:
    """Have an interruption say what `done` returns, from now on; before, that nothing was written."""
    _reports.append(done)


def watch() -> None:
    """Watch for Ctrl+C from now on.

    The signal is read from a socket by a thread as well, because Windows interrupts no wait of the main thread.
    """
    receiver, sender = socket.socketpair()
    sender.settimeout(0)
    signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, _interrupt)
    Thread(target=_exit_soon, args=(receiver, sender), name="interrupt", daemon=True).start()


def _interrupt(*_: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    STOP.set()
    sys.unraisablehook = lambda _: None  # what a library leaves half done says nothing to the reader
    raise InterruptedByUserError


def _exit_soon(receiver: socket.socket, _sender: socket.socket) -> None:
    receiver.recv(1)
    STOP.set()
    time.sleep(_GRACE_SECONDS)
    report()
    sys.stdout.flush()
    os._exit(INTERRUPTED)


def report() -> None:
    """Say once what was done and what was not."""
    from cli.support.console import err, say  # noqa: PLC0415 - --help is not to wait for it

    if _first_report.acquire(blocking=False):
        err().show_cursor()
        say(("interrupted", "bold red"), f"  {_reports[-1]()}", stderr=True)
