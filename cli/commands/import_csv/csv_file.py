"""The lines of a CSV file, as spreadsheets save it."""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from cli.support.failure import CommandFailed

_DELIMITERS = ",;\t"
_CONTROL_Z = "\x1a"
_SEPARATOR = "sep="


def csv_lines(file: Path) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    """Return the delimiter, and each line's number with its values.

    Raises:
        CommandFailed: the file cannot be read, is not UTF-8 (or UTF-16 with its mark), or has an open quote.

    """
    text = _text(file).rstrip().removesuffix(_CONTROL_Z)
    first, _, rest = text.partition("\n")
    skipped = 0
    if first.lower().startswith(_SEPARATOR) and (delimiter := first[len(_SEPARATOR) :].rstrip("\r")) != "":
        text, skipped = rest, 1
    else:
        header = next((line for line in text.splitlines() if line.strip(_DELIMITERS + " ")), "")
        delimiter = max(_DELIMITERS, key=header.count)
    if len(delimiter) != 1:
        raise CommandFailed(f"{file} names {delimiter!r} as its separator.", "Separate by a comma, semicolon or tab.")
    return delimiter, _lines(file, text, delimiter, skipped)


def _lines(file: Path, text: str, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = skipped + 1
    try:
        for values in reader:
            yield line, [value.strip() for value in values]
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        raise CommandFailed(
            f"{file} is not valid CSV at line {line}: {error}.", "Close every quote; write one row per line."
        ) from error


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.", "Name a file that you may read.") from error
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in content:
        raise CommandFailed(
            f"{file} looks like UTF-16 without its mark, or is not text.", "Save it as UTF-8 (in Excel: CSV UTF-8)."
        )
    else:
        encoding = "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise CommandFailed(
            f"{file} is not {encoding.removesuffix('-sig').upper()} at byte {error.start}.",
            "Save it as UTF-8 (in Excel: CSV UTF-8).",
        ) from None
