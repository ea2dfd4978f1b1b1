"""The lines of a CSV file, as spreadsheets save it."""

import codecs
import csv
import io
import re
from collections.abc import Iterator

from cli.support.failure import CommandFailed

_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(rf'"?sep=([{_DELIMITERS}])"?\r?(\n|$)', re.IGNORECASE)
_SAVE = "Save it as UTF-8 (in Excel: CSV UTF-8)."


def csv_lines(content: bytes) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    """Return the delimiter, and each line's number with its values; raises CommandFailed for what is not CSV."""
    text = _text(content).rstrip().removesuffix("\x1a")
    if stated := _SEPARATOR_LINE.match(text):
        return stated[1], _lines(text[stated.end() :], stated[1], 1)
    header = next((line for line in text.splitlines() if line.strip(_DELIMITERS + " ")), "")
    delimiter = max(_DELIMITERS, key=header.count)
    return delimiter, _lines(text, delimiter, 0)


def _lines(text: str, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = skipped + 1
    try:
        for values in reader:
            yield line, [value.strip() for value in values]
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        raise CommandFailed(
            f"The file is not valid CSV at line {line}: {error}.", "Close every quote; write one row per line."
        ) from error


def _text(content: bytes) -> str:
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and content[2:4] != b"\0\0"
    if b"\0" in content and not marked:
        raise CommandFailed("The file looks like UTF-16 without its mark, or is not text.", _SAVE)
    try:
        return content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CommandFailed(f"The file is not UTF-{16 if marked else 8} in line {line}.", _SAVE) from None
