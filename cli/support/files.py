"""Writing results to a file or to stdout, all of it or a word about why not."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from cli.support.failure import CommandFailed


@contextmanager
def written_whole(file: Path) -> Iterator[Path]:
    """Give a path to write to, which takes the file's place once all is written; a failure leaves the file as it was.

    Raises:
        CommandFailed: it cannot be written.

    """
    device = file.exists() and not file.is_file()
    part = file if device else file.with_name(f".{file.name}.part")
    try:
        try:
            yield part
            if not device:
                part.replace(file)
        finally:
            if not device:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise CommandFailed(
            f"{file} was not written: {error.strerror or error}.", "Free some space there, or name another file."
        ) from error


@contextmanager
def stdout_for_people() -> Iterator[TextIO]:
    """Give stdout, and see to it that everything has arrived there.

    Raises:
        CommandFailed: the disk is full, or whoever read the output has gone.

    """
    try:
        yield sys.stdout
        sys.stdout.flush()
    except OSError as error:
        give_up_stdout()
        if isinstance(error, BrokenPipeError):
            raise CommandFailed(
                "The output is cut off: the program that read it closed the pipe.", "Let it read to the end."
            ) from None
        raise CommandFailed(
            f"The output is cut off: stdout cannot be written: {error.strerror or error}.",
            "Free some space where it goes to, or write elsewhere.",
        ) from None


@contextmanager
def stdout_for_programs() -> Iterator[TextIO]:
    """Give stdout as UTF-8 with plain line ends, whatever the console's encoding; raises as `stdout_for_people`."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    with stdout_for_people() as stream:
        yield stream


def give_up_stdout() -> None:
    """Send what is still in the buffer to nowhere: the interpreter would fail on it once more at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
