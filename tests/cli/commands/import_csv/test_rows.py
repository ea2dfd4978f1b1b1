"""How a line of a file is parsed, and why a line is refused."""

import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from cli.commands.import_csv.rows import FileRows
from cli.support.failure import CommandFailed
from shared.history.row import COLUMNS
from shared.settings.accounts import Account
from tests.support.rows import TENANT
from tests.support.samples import OTHER_TENANT, account

NOW = datetime(2026, 11, 23, 6, 17, tzinfo=UTC)
HEAD = "SnapshotDate,CurrencyCode,BalanceAmount"
DAY = date(2025, 1, 1)
POINT, COMMA = "point", "comma"
AMOUNTS = ("BalanceAmount", "BalanceText", "LastPaymentAmount", "CreditLimit")
WHICH = ": choose with --decimal point or --decimal comma"


def read(folder: Path, content: str | bytes, decimal: str | None = None, *accounts: Account) -> FileRows:
    """Read a file with this content."""
    file = folder / "history"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    rows = FileRows(accounts or (account(tenant_id=TENANT),), NOW.date(), NOW, "run", decimal)
    rows.read(file)
    return rows


def read_line(folder: Path, decimal: str | None = None, **columns: str) -> FileRows:
    """Read a file with one line: a day, USD and 1.00, except for these columns."""
    values = {"SnapshotDate": "2025-01-01", "CurrencyCode": "USD", "BalanceAmount": "1.00", **columns}
    quoted = ",".join('"' + value.replace('"', '""') + '"' for value in values.values())
    return read(folder, f"{','.join(values)}\n{quoted}\n", decimal)


@pytest.mark.parametrize(
    ("amount", "currency", "decimal", "text"),
    [
        *((text, "USD", None, text) for text in ("68059.03", "-0.5", "1234.567", "123456789012345678.12")),
        ("68.059", "KWD", None, "68.059"),
        ("68.0591", "CLF", None, "68.0591"),
        ("68,059.03", "USD", POINT, "68059.03"),
        ("68.059", "USD", POINT, "68.059"),
        ("68,059", "KWD", POINT, "68059"),
        ("68'059.03", "CHF", POINT, "68059.03"),
        ("68\u2019059.03", "CHF", POINT, "68059.03"),
        ("1,23,456.00", "INR", POINT, "123456.00"),
        ("-12,34,567", "INR", POINT, "-1234567"),
        ("68.059,03", "EUR", COMMA, "68059.03"),
        ("68.059", "EUR", COMMA, "68059"),
        ("-3.000", "EUR", COMMA, "-3000"),
        ("1.234.567", "EUR", COMMA, "1234567"),
        ("68\u202f059,03", "EUR", COMMA, "68059.03"),
        ("68\u00a0059", "EUR", COMMA, "68059"),
    ],
)
def test_an_amount_is_read_exactly(tmp_path: Path, amount: str, currency: str, decimal: str | None, text: str) -> None:
    """With every digit, in every notation that `--decimal` allows."""
    rows = read_line(tmp_path, decimal, CurrencyCode=currency, BalanceAmount=amount)
    assert rows.problems == []
    assert [row["BalanceText"] for row in rows.rows] == [text]
    assert [row["BalanceAmount"] for row in rows.rows] == [float(text)]


@pytest.mark.parametrize("written", ["2025-01-01T10:17:00Z", "2025-01-01T10:17:00", "2025-01-01T12:17:00+02:00"])
def test_a_time_is_read_in_utc(tmp_path: Path, written: str) -> None:
    """A time with a zone is converted; a time without one is in UTC."""
    [row] = read_line(tmp_path, RetrievedAt=written).rows
    assert row["RetrievedAt"] == datetime(2025, 1, 1, 10, 17, tzinfo=UTC)


@pytest.mark.parametrize("decimal", [None, POINT, COMMA])
@pytest.mark.parametrize(
    "amount",
    [
        *("(1234.50)", "(1,234.50)", "1234.50-", "--5", "$1,234.50", "1234,50 €", "USD 5", " -110.7 €"),
        *("6.8E+04", "1e3", "0x10", "1_000", "12%", "NaN", "Infinity", "n/a", "-", ".50", "50.", "1.234.5"),
        *("\uff16\uff18", "\u0666\u0668", "\u22121234", "-\u00a01234", "1 23", "1'2345", "1,2345.0", "x" * 500),
    ],
)
def test_ambiguous_amounts_are_refused(tmp_path: Path, amount: str, decimal: str | None) -> None:
    """Whatever `--decimal` says, nothing is guessed, truncated or dropped."""
    [problem] = read_line(tmp_path, decimal, BalanceAmount=amount).problems
    assert problem.startswith("line 2, BalanceAmount: ")
    assert len(problem) < 300


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        *((("SnapshotDate"), day, "is not a day") for day in ("2026-W05", "2026-035", "20250101", "1/2/2025", "45658")),
        ("SnapshotDate", "2025-02-30", "'2025-02-30' is not a day"),
        ("SnapshotDate", "2026-11-24", "2026-11-24 is after today, 2026-11-23 by this machine's clock"),
        ("SnapshotDate", "1999-12-31", "1999-12-31 is before 2000-01-01"),
        ("SnapshotDate", "0001-01-01", "0001-01-01 is before 2000-01-01"),
        ("CurrencyCode", "UDS", "'UDS' is not a currency"),
        ("BalanceAmount", "", "it is empty, but required"),
        ("CurrencyCode", " ", "it is empty, but required"),
        ("BalanceAmount", "1" * 19, "out of range"),
        ("BalanceText", "2", "differs from BalanceAmount"),
        ("RowKey", "2025-01-02_USD", "it must be 2025-01-01_USD"),
        *((column, "68.059", f"can be read as 68059 or as 68.059{WHICH}") for column in AMOUNTS),
        ("BalanceAmount", "168,059", f"can be read as 168059 or as 168.059{WHICH}"),
        ("BalanceAmount", "-1.000", f"can be read as -1000 or as -1.000{WHICH}"),
        ("CreditLimit", "0.00", "it must be above zero"),
        ("RetrievedAt", "2026-11-23T06:18:00Z", "is in the future"),
        ("RetrievedAt", "2024-12-31T09:59:00Z", "is before the day 2025-01-01"),
        ("RetrievedAt", "2025-W05", "is not a date"),
        ("AccountingDate", "1600-12-31", "it is before the year 1601"),
        ("AccountingDate", "0001-01-01", 'it means "none"'),
        ("CurrencySymbol", "=1+1", "is a formula to a spreadsheet"),
        ("CurrencySymbol", "\u200e\uff1d1", "is a formula to a spreadsheet"),
        ("CurrencySymbol", "a\x07", "is not short text"),
        ("Details", "see invoice 123", "not exact JSON"),
        ("Details", "{}", "it is not a list"),
        ("Details", "null", 'it means "none"'),
        ("Details", '[{"InvoiceType":5}]', "unknown format"),
        ("Details", '[{"summary":{}}]', "unknown format"),
        ("PartitionKey", OTHER_TENANT, f"'{OTHER_TENANT}' matches 0 of the 1 configured accounts"),
    ],
)
def test_a_wrong_value_is_reported_with_its_position(tmp_path: Path, column: str, value: str, message: str) -> None:
    """An import cannot add values that the job itself would not write."""
    [problem] = read_line(tmp_path, **{column: value}).problems
    assert problem.startswith(f"line 2, {column}: ")
    assert message in problem


@pytest.mark.parametrize(
    "text",
    [
        f"sep=;\n{HEAD.replace(',', ';')}\n2025-01-01;USD;1\n",
        f'"sep=|"\n{HEAD.replace(",", "|")}\n2025-01-01|USD|1\n',
        f"{HEAD},,\n2025-01-01,USD,1,,\n",
        f"\n{HEAD}\n\n   \n,,\n2025-01-01,USD,1\n\x1a",
        f"\ufeff{HEAD}\r\n2025-01-01,usd,1\r\n",
        f"{HEAD}\r2025-01-01,usd,1\r",
        f"{HEAD}\n2025-01-01,USD,1\n".encode("utf-16"),
    ],
)
def test_files_saved_by_spreadsheets_are_read(tmp_path: Path, text: str | bytes) -> None:
    """Their quirks do not change a line's meaning."""
    assert [row["RowKey"] for row in read(tmp_path, text).rows] == ["2025-01-01_USD"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"{HEAD}\n\u20ac".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        (f"{HEAD}\n".encode("utf-32"), "UTF-16 without a byte order mark"),
        (f"{HEAD}\nM\u00fcller".encode("cp1252"), "Line 2 of the file is not valid UTF-8"),
        (f"{HEAD}\n", "a header but no rows"),
        ("\n , \n", "is empty"),
        ("SnapshotDate,CurrencyCode\n2025-01-01,USD\n", "missing: 'BalanceAmount'"),
        (f"{HEAD},Balance\n", "unknown: 'Balance'"),
        (f"{HEAD},BalanceAmount\n", "more than once: 'BalanceAmount'"),
        (f'{HEAD}\n2025-01-01,USD,"1\n', "not valid CSV at line 2"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "an old .xls workbook"),
        (b"PK\x03\x04" + bytes(600), "cannot be read as an Excel workbook: File is not a zip file"),
    ],
)
def test_an_invalid_file_is_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    """As a whole, with what is wrong with it."""
    with pytest.raises(CommandFailed, match=message):
        read(tmp_path, content)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The file may be on a drive that is gone; the message must not blame the output."""
    with pytest.raises(CommandFailed, match="cannot be read: "):
        FileRows((), NOW.date(), NOW, "run").read(tmp_path)


@pytest.mark.parametrize(
    ("header", "line", "message"),
    [
        (f"{HEAD},,AccountName", "2025-01-01,USD,1,5,", "line 2: column 4 has no name"),
        (HEAD, "2025-01-01,USD,68,059", "line 2: column 4 has no name"),
        (f"{HEAD},AccountName", "2025-01-01,USD,1", "line 2: 3 values, but the first line names 4 columns"),
        (HEAD, "2025-01-01,USD,1\n2025-01-01,usd,2", "line 3: the same account, day and currency as line 2"),
        (HEAD, '2025-01-01,USD,"1\n"\n2025-01-02,USD,x', "line 4, BalanceAmount: 'x' is not an amount"),
    ],
)
def test_a_line_with_the_wrong_shape_is_refused(tmp_path: Path, header: str, line: str, message: str) -> None:
    """A value without a column may be an amount's decimals; a duplicate column is ambiguous."""
    [problem] = read(tmp_path, f"{header}\n{line}\n").problems
    assert problem.startswith(message)


@pytest.mark.parametrize(("separator", "wrong"), [(",", []), (";", ["line 2, BalanceAmount"])])
def test_three_decimals_are_unambiguous_only_in_an_export(tmp_path: Path, separator: str, wrong: list[str]) -> None:
    """With another separator, a spreadsheet has saved the file again in its own locale."""
    values = {column.name: "" for column in COLUMNS} | dict(
        zip(HEAD.split(","), ("2025-01-01", "USD", "68.059"), strict=True)
    )
    rows = read(tmp_path, f"{separator.join(values)}\n{separator.join(values.values())}\n")
    assert [problem.partition(": ")[0] for problem in rows.problems] == wrong


def test_two_accounts_with_one_name_need_the_tenant(tmp_path: Path) -> None:
    """A shared or missing name is ambiguous. A row is never filed under another account's name."""
    two = (account(tenant_id=TENANT, name="Same"), account(tenant_id=OTHER_TENANT, name="Same"))
    problems = read(tmp_path, f"{HEAD},AccountName\n2025-01-01,USD,1,Same\n2025-01-02,USD,1,\n", None, *two).problems
    assert "'Same' matches 2 of the 2 configured accounts: " in problems[0]
    assert "a line without AccountName matches 2 of the 2" in problems[1]
    by_tenant = "".join(f"2025-01-01,USD,1,{tenant}\n" for tenant in sorted((TENANT, OTHER_TENANT)))
    for accounts in (two, two[::-1]):  # the settings' order is kept
        good = read(tmp_path, f"{HEAD},PartitionKey\n{by_tenant}", None, *accounts)
        assert [row["PartitionKey"] for row in good.rows] == [one.tenant_id for one in accounts]
    two = (account(tenant_id=TENANT, name="Here"), account(tenant_id=OTHER_TENANT, name="There"))
    text = f"{HEAD},PartitionKey,AccountName\n2025-01-01,USD,1,{TENANT},There\n2025-01-02,USD,1,{TENANT},Former\n"
    both = read(tmp_path, text, None, *two)
    assert [row["RowKey"] for row in both.rows] == ["2025-01-02_USD"]
    assert both.problems[0].startswith("line 2, AccountName: 'There' is another account's name: ")


def workbook(*rows: list[Any], change: Callable[[Workbook], object] = lambda _: None) -> bytes:
    """Return a workbook with these rows below the header."""
    book, content = Workbook(), BytesIO()
    for line in (HEAD.split(","), *rows):
        book.worksheets[0].append(line)
    change(book)
    book.save(content)
    return content.getvalue()


def in_format(cell: str, number_format: str) -> Callable[[Workbook], object]:
    """Return a function that sets a cell's number format."""
    return lambda book: setattr(book.worksheets[0][cell], "number_format", number_format)


@pytest.mark.parametrize(
    ("amount", "change", "text"),
    [
        (68.059, lambda _: None, "68.059"),
        (-68059, in_format("C2", "#,##0.00_);(#,##0.00)"), "-68059"),
        (0.30000000000000004, lambda _: None, "0.3"),
        (-1152.4299999999998, lambda _: None, "-1152.43"),
        (45678901234567.89, lambda _: None, "45678901234567.89"),
        (123456789012345.6, lambda _: None, "123456789012345.6"),
        (1.5, lambda book: setattr(book, "epoch", CALENDAR_MAC_1904), "1.5"),
        (1.5, lambda book: book.create_sheet("Notes").append(["x"]), "1.5"),
        (1.5, lambda book: setattr(book.create_sheet("Hidden", 0), "sheet_state", "hidden"), "1.5"),
        (1.5, in_format("XFD1048576", "0.00"), "1.5"),
    ],
)
def test_a_cell_is_read_exactly(tmp_path: Path, amount: float, change: Callable[[Workbook], object], text: str) -> None:
    """A number is what the cell shows, and a day is a day in either date system; other sheets and stray formats change nothing."""
    rows = read(tmp_path, workbook([DAY, "USD", amount], change=change))
    assert rows.problems == []
    assert [(row["SnapshotDate"], row["BalanceText"]) for row in rows.rows] == [("2025-01-01", text)]


@pytest.mark.parametrize(
    ("cells", "change", "message"),
    [
        ([DAY, "USD", "68.059,03"], lambda _: None, "row 2, BalanceAmount: '68.059,03' is not a number in Excel"),
        ([DAY, "USD", True], lambda _: None, "row 2, BalanceAmount: 'True' is not a number"),
        ([DAY, "USD", DAY], lambda _: None, "row 2, BalanceAmount: '2025-01-01' is not a number"),
        ([DAY, "USD", 0.12], in_format("C2", "0.0%"), "row 2, BalanceAmount: the cell holds a percentage, 12.00%"),
        ([DAY, "USD", "=1+1"], lambda _: None, "row 2, BalanceAmount: the cell holds a formula without a value"),
        ([DAY, "#N/A", 1], lambda _: None, "row 2, CurrencyCode: the cell holds the error #N/A"),
        ([45658, "USD", 1], lambda _: None, "row 2, SnapshotDate: '45658' is not a day"),
        ([datetime(2025, 1, 1, 12, 30), "USD", 1], lambda _: None, "row 2, SnapshotDate: '2025-01-01T12:30:00' is not"),  # noqa: DTZ001 - as Excel has it
        ([DAY, "USD", 1, None, "note"], lambda _: None, "row 2: column 5 has no name"),
    ],
)
def test_a_cell_without_a_value_is_named(
    tmp_path: Path, cells: list[Any], change: Callable[[Workbook], object], message: str
) -> None:
    """By its row and column. An amount must be a number, and nothing replaces it."""
    [problem] = read(tmp_path, workbook(cells, change=change)).problems
    assert problem.startswith(message)


@pytest.mark.parametrize("dimension", [b'ref="A1"', b'ref="A1:XFD1048576"'])
def test_a_workbooks_stated_size_is_not_trusted(tmp_path: Path, dimension: bytes) -> None:
    """Some programs state a wrong size: no row is lost, and none is invented."""
    content = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(workbook([DAY, "USD", 1]))) as source,
        zipfile.ZipFile(content, "w") as target,
    ):
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b'dimension ref="A1:C2"', b"dimension " + dimension))
    assert [row["RowKey"] for row in read(tmp_path, content.getvalue()).rows] == ["2025-01-01_USD"]


CELLS = st.text(max_size=20) | st.sampled_from(
    ["2025-01-01", "USD", "KWD", "1.5", "-0", "1e5", "NaN", "\u0663", '"', "=1", "1,5"]
)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=3), st.sampled_from([None, POINT, COMMA]))
def test_any_file_gives_rows_or_problems(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]], decimal: str | None
) -> None:
    """Any line becomes either a row with the exact amount or a problem."""
    content = "\n".join([HEAD, *(",".join(cells) for cells in lines)])
    try:
        found = read(tmp_path_factory.mktemp("any"), content.encode("utf-8", "replace"), decimal)
    except CommandFailed:
        return
    assert found.rows or found.problems
    assert all(float(str(row["BalanceText"])) == row["BalanceAmount"] for row in found.rows)
