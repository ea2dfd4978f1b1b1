"""Writing a file, all of it or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.support.failure import CommandFailed


@contextmanager
def written_whole(file: Path) -> Iterator[Path]:
    """Give a path to write to, which takes the file's place once all is written; a failure leaves the file as it was.

    Raises:
        CommandFailed: it cannot be written.

    """
    whole = file.resolve()  # a link stays, and the file that it leads to is written
    part = whole.with_name(f".{whole.name}.part")
    try:
        if file.exists() and not file.is_file():  # a device
            yield file
            return
        try:
            yield part
            part.replace(whole)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise CommandFailed(
            f"{file} was not written: {error.strerror or error}.", "Free some space there, or name another file."
        ) from error
