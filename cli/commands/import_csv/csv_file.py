"""The lines of a CSV file, as spreadsheets save it."""

import codecs
import csv
import io
import re

from cli.support.failure import CommandFailed

_DELIMITERS = ",;\t|"
_STATED = re.compile(rf'"?sep=([{_DELIMITERS}])"?(?=[\r\n]|$)', re.IGNORECASE)
_SAVE = "Save it as UTF-8 (in Excel: CSV UTF-8)."


def csv_lines(content: bytes) -> tuple[str, list[tuple[int, list[str]]]]:
    """Return the delimiter, and each line's number with its values; raises CommandFailed for what is not CSV."""
    text = _text(content).rstrip().removesuffix("\x1a")
    if stated := _STATED.match(text):
        text = text[stated.end() :]
    header = next((line for line in text.splitlines() if line.strip(_DELIMITERS + " ")), "")
    delimiter = stated[1] if stated else max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines, number = [], 1
    try:
        for values in reader:
            lines.append((number, [value.strip() for value in values]))
            number = reader.line_num + 1
    except csv.Error as error:
        raise CommandFailed(
            f"The file is not valid CSV at line {number}: {error}.", "Close every quote; write one row per line."
        ) from error
    return delimiter, lines


def _text(content: bytes) -> str:
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and content[2:4] != b"\0\0"
    if b"\0" in content and not marked:
        raise CommandFailed("The file looks like UTF-16 without its mark, or is not text.", _SAVE)
    try:
        return content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CommandFailed(f"The file is not UTF-{16 if marked else 8} in line {line}.", _SAVE) from None
