"""A CSV file of earlier history: its columns and its lines."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from cli.support.failure import CommandFailed

REQUIRED = ("SnapshotDate", "CurrencyCode", "BalanceAmount")
TAKEN_OVER = (
    "CurrencySymbol",
    "AccountingDate",
    "FirstInvoiceCreationDate",
    "LatestInvoiceDate",
    "LastPaymentDate",
    "LastPaymentAmount",
    "CreditLimit",
    "Details",
    "RetrievedAt",
)
"""Columns that go into the row as they are."""

OPTIONAL = ("PartitionKey", "AccountName", "BalanceText", *TAKEN_OVER)
"""Without PartitionKey (the tenant id) and AccountName the only configured account is meant."""

OWN = ("RowKey", "RequestId", "CorrelationId", "RunId", "Source", "SchemaVersion")
"""Columns of the row that the import makes itself: allowed in the file, so that an export can be read, and not taken over."""

_DELIMITERS = ",;\t"


def records(file: Path) -> Iterator[tuple[int, list[str], list[str]]]:
    """Yield each line's number, the header and the values; a line without any value is passed over."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.", "Name a file that you may read.") from error
    except UnicodeDecodeError as error:
        raise CommandFailed(
            f"{file} is not UTF-8 at byte {error.start}.", "Save it as UTF-8 (in Excel: CSV UTF-8)."
        ) from None
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(file, header)
        line = reader.line_num + 1
        for values in reader:
            if any(values):
                yield line, header, [value.strip() for value in values]
            line = reader.line_num + 1
    except csv.Error as error:
        raise CommandFailed(
            f"{file} is no CSV at line {reader.line_num}: {error}.", "Close every quote; write one row a line."
        ) from error


def _check_header(file: Path, header: Sequence[str]) -> None:
    known = (*REQUIRED, *OPTIONAL, *OWN)
    unknown = [name for name in header if name not in known]
    missing = [name for name in REQUIRED if name not in header]
    twice = sorted({name for name in header if header.count(name) > 1})
    wrong = [
        f"{what} {', '.join(map(repr, names))}"
        for what, names in (("unknown:", unknown), ("missing:", missing), ("twice:", twice))
        if names
    ]
    if wrong:
        raise CommandFailed(
            f"The first line of {file} does not name the columns; {'; '.join(wrong)}.",
            f"Needed are {', '.join(REQUIRED)}; there may be {', '.join(OPTIONAL)}. `import --template` prints an example.",
        )
