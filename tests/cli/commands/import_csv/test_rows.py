"""What a line of a file becomes, and why a line is refused."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cli.commands.import_csv.rows import FileRows
from cli.commands.import_csv.values import DecimalSign
from cli.support.failure import CommandFailed
from shared.settings.accounts import Account
from tests.support.rows import TENANT
from tests.support.samples import OTHER_TENANT, account

NOW = datetime(2026, 11, 23, 6, 17, tzinfo=UTC)
HEAD = "SnapshotDate,CurrencyCode,BalanceAmount"


def read(folder: Path, text: str | bytes, decimal: DecimalSign | None = None, *accounts: Account) -> FileRows:
    """Read a file of this content."""
    file = folder / "history.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    rows = FileRows(accounts or (account(tenant_id=TENANT),), date(2026, 11, 23), NOW, "run", decimal)
    rows.read(file)
    return rows


@pytest.mark.parametrize(
    ("amount", "decimal", "text"),
    [
        ("68059.03", None, "68059.03"),
        ("68,059.03", DecimalSign.POINT, "68059.03"),
        ("-0.5", None, "-0.5"),
        ("68.059,03", DecimalSign.COMMA, "68059.03"),
        ("68.059", DecimalSign.COMMA, "68059"),
        ("68.059", DecimalSign.POINT, "68.059"),
        ("1234.567", None, "1234.567"),
    ],
)
def test_an_amount_is_read_exactly(tmp_path: Path, amount: str, decimal: DecimalSign | None, text: str) -> None:
    """To the last digit, in either notation that `--decimal` names."""
    rows = read(tmp_path, f'{HEAD}\n2025-01-01,USD,"{amount}"\n', decimal)
    assert [str(row["BalanceText"]) for row in rows.rows] == [text]
    assert rows.problems == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("2025-01-01,USD,68.059", "decimal comma"),
        ('2025-01-01,EUR,"68,059"', "decimal comma"),
        ("2025-02-30,USD,1", "2025-02-30"),
        ("2026-W05,USD,1", "2026-W05"),
        ("2026-035,USD,1", "2026-035"),
        ("2026-11-24,USD,1", "2026-11-24"),
        ("2025-01-01,UDS,1", "UDS"),
        ("2025-01-01,USD,x", "x"),
        ("2025-01-01,USD,", "BalanceAmount"),
        ("2025-01-01,USD,NaN", "NaN"),
        ("2025-01-01,USD,1e400", "1e400"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    """An amount that can be read in two ways, a date that is not a day, a currency that does not exist."""
    (problem,) = read(tmp_path, f"{HEAD}\n2025-01-05,USD,1\n{line}\n").problems
    assert problem.place.startswith("line 3")
    assert says in str(problem)


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("RetrievedAt", "2026-11-23T06:18:00Z", "in the future"),
        ("RetrievedAt", "2024-12-30T00:00:00Z", "before the day"),
        ("CurrencySymbol", "=1+1", "CurrencySymbol"),
        ("Details", "see invoice 123", "Details"),
        ("Details", '[{""invoiceType"":5}]', "Details"),
        ("LastPaymentAmount", "12.345", "decimal comma"),
    ],
)
def test_a_wrong_optional_value_is_refused(tmp_path: Path, column: str, value: str, says: str) -> None:
    """What the job itself would not write does not get in by hand."""
    (problem,) = read(tmp_path, f'{HEAD},{column}\n2025-01-01,USD,1,"{value}"\n').problems
    assert says in str(problem)


@pytest.mark.parametrize(
    "text",
    [
        f"sep=;\n{HEAD.replace(',', ';')}\n2025-01-01;USD;1\n",
        f"{HEAD},,\n2025-01-01,USD,1,,\n",
        f"\n{HEAD}\n\n   \n,,\n2025-01-01,USD,1\n\x1a",
        f"\ufeff{HEAD}\r\n2025-01-01,usd,1\r\n",
        f"{HEAD}\n2025-01-01,USD,1\n".encode("utf-16"),
    ],
    ids=["sep", "empty columns", "blank lines and Ctrl+Z", "mark", "UTF-16"],
)
def test_what_spreadsheets_save_is_read(tmp_path: Path, text: str | bytes) -> None:
    """Their habits change nothing of what a line says."""
    assert [row["RowKey"] for row in read(tmp_path, text).rows] == ["2025-01-01_USD"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{HEAD}\n".encode("utf-16-le"), "UTF-16"),
        (f"{HEAD}\n", "nothing below it"),
        ("SnapshotDate,CurrencyCode\n2025-01-01,USD\n", "BalanceAmount"),
    ],
)
def test_a_file_that_is_not_one_is_refused(tmp_path: Path, text: str | bytes, says: str) -> None:
    """Whole, with what is wrong about it."""
    with pytest.raises(CommandFailed, match=says):
        read(tmp_path, text)


def test_a_value_without_a_column_is_refused(tmp_path: Path) -> None:
    """It may be the amount's decimals."""
    (problem,) = read(tmp_path, f"{HEAD},,AccountName\n2025-01-01,USD,1,5,\n").problems
    assert "column 4 has no name" in str(problem)


def test_two_accounts_of_one_name_need_the_tenant(tmp_path: Path) -> None:
    """A name that two accounts have says nothing."""
    two = (account(tenant_id=TENANT, name="Same"), account(tenant_id=OTHER_TENANT, name="Same"))
    (problem,) = read(tmp_path, f"{HEAD},AccountName\n2025-01-01,USD,1,Same\n", None, *two).problems
    assert "give PartitionKey" in str(problem)
    good = read(tmp_path, f"{HEAD},PartitionKey\n2025-01-01,USD,1,{OTHER_TENANT}\n", None, *two)
    assert [row["PartitionKey"] for row in good.rows] == [OTHER_TENANT]


def test_a_row_comes_once(tmp_path: Path) -> None:
    """The second line of an account, day and currency names the first."""
    (problem,) = read(tmp_path, f"{HEAD}\n2025-01-01,USD,1\n2025-01-01,usd,2\n").problems
    assert "line 2" in str(problem)
