"""Each line of a CSV file of earlier history."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cli.commands.import_csv.csv_rows import CsvRows
from cli.support.failure import CommandFailed
from shared.settings.accounts import Account
from shared.settings.clouds import CLOUDS

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TENANT, OTHER = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
ONE = Account(TENANT, TENANT, "Contoso", CLOUDS["global"])
TWO = Account(OTHER, OTHER, "Fabrikam", CLOUDS["global"])


def read(tmp_path: Path, content: str | bytes, *accounts: Account) -> CsvRows:
    """Read a file of this content."""
    file = tmp_path / "history.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    rows = CsvRows(accounts or (ONE,), NOW.date(), NOW, "the-run")
    rows.read(file)
    return rows


def test_a_line_becomes_a_row_of_the_contract(tmp_path: Path) -> None:
    """With what the file has, marked as imported; a semicolon, a byte order mark and lower case are no matter."""
    text = (
        "\ufeffSnapshotDate;CurrencyCode;BalanceAmount;PartitionKey;CurrencySymbol;AccountingDate;LastPaymentAmount;RowKey;Source\n"
        f"2026-01-02;usd;-0100.50;{TENANT.upper()};$;2026-01-01T10:00:00+02:00;7;ignored;ignored\n"
    )
    rows = read(tmp_path, text, ONE, TWO)
    assert rows.problems == []
    assert rows.rows == [
        {
            "PartitionKey": TENANT,
            "RowKey": "2026-01-02_USD",
            "SnapshotDate": "2026-01-02",
            "AccountName": "Contoso",
            "CurrencyCode": "USD",
            "CurrencySymbol": "$",
            "BalanceAmount": -100.5,
            "BalanceText": "-100.50",
            "AccountingDate": datetime(2026, 1, 1, 8, tzinfo=UTC),
            "LastPaymentAmount": 7.0,
            "RetrievedAt": NOW,
            "RunId": "the-run",
            "Source": "imported",
            "SchemaVersion": 1,
        }
    ]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("2026-11-23,USD,1,,", "SnapshotDate 2026-11-23 is not in the past"),
        ("1999-12-31,USD,1,,", "SnapshotDate 1999-12-31 is not in the past"),
        ("23.11.2025,USD,1,,", "SnapshotDate '23.11.2025' is no day"),
        (",USD,1,,", "SnapshotDate '' is no day"),
        ("2026-01-01,Dollar,1,,", "CurrencyCode 'Dollar' is no currency"),
        ("2026-01-01,USD,,,", "BalanceAmount '' is no amount"),
        ('2026-01-01,USD,"1,5",,', "BalanceAmount '1,5' is no amount"),
        ("2026-01-01,USD,1e3,,", "BalanceAmount '1e3' is no amount"),
        ("2026-01-01,USD,NaN,,", "BalanceAmount 'NaN' is no amount"),
        ("2026-01-01,USD,1000000000000000000,,", "BalanceAmount is out of bounds"),
        ("2026-01-01,USD,1,Adatum,", "'adatum' is no configured account"),
        ("2026-01-01,USD,1,,soon", "AccountingDate 'soon' is no date"),
        ("2026-01-01,USD,1,,1600-01-01", "AccountingDate is before the year 1601"),
        ("2026-01-01,USD,1", "3 values"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_what_is_right(tmp_path: Path, line: str, wrong: str) -> None:
    """And the line is no row."""
    rows = read(tmp_path, f"SnapshotDate,CurrencyCode,BalanceAmount,AccountName,AccountingDate\n\n{line}\n")
    [problem] = rows.problems
    assert (problem.line, problem.wrong) == (3, wrong)
    assert problem.right
    assert rows.rows == []


def test_the_exact_amount_goes_before_the_double(tmp_path: Path) -> None:
    """An export has both; where they differ, one of them is a mistake."""
    header = "SnapshotDate,CurrencyCode,BalanceAmount,BalanceText\n"
    exact = read(tmp_path, header + "2026-01-01,USD,1e+16,10000000000000000.01\n")
    assert [row["BalanceText"] for row in exact.rows] == ["10000000000000000.01"]
    differing = read(tmp_path, header + "2026-01-01,USD,1,2\n2026-01-02,USD,x,2\n")
    assert {problem.wrong for problem in differing.problems} == {"BalanceAmount and BalanceText differ"}
    assert differing.rows == []


def test_an_account_has_to_be_named_where_there_are_several(tmp_path: Path) -> None:
    """By its name or tenant id."""
    rows = read(tmp_path, "SnapshotDate,CurrencyCode,BalanceAmount\n2026-01-01,USD,1\n", ONE, TWO)
    assert [problem.wrong for problem in rows.problems] == ["no account"]


def test_a_day_that_stands_there_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    """The same account, day and currency, also where the lines agree."""
    rows = read(tmp_path, "SnapshotDate,CurrencyCode,BalanceAmount\n" + "2026-01-01,USD,1\n" * 2)
    assert [str(problem) for problem in rows.problems] == [
        "line 3: the same account, day and currency as line 2: each of them once"
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "missing: 'SnapshotDate', 'CurrencyCode', 'BalanceAmount'"),
        ("SnapshotDate,CurrencyCode,BalanceAmount,Amount,Amount\n", "unknown: 'Amount', 'Amount'; twice: 'Amount'"),
        (b"SnapshotDate\xff", "is not UTF-8 at byte 12"),
        ('SnapshotDate,CurrencyCode,BalanceAmount\n2026-01-01,"USD,1\n', "is no CSV at line 2"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(tmp_path: Path, content: str | bytes, says: str) -> None:
    """With what is right."""
    with pytest.raises(CommandFailed) as error:
        read(tmp_path, content)
    assert says in error.value.message
    assert error.value.remedy


def test_a_long_text_has_a_limit(tmp_path: Path) -> None:
    """That of the column, which is named."""
    rows = read(tmp_path, f"SnapshotDate,CurrencyCode,BalanceAmount,Details\n2026-01-01,USD,1,{'x' * 32001}\n")
    assert [str(problem) for problem in rows.problems] == ["line 2: Details has 32001 characters: at most 32000"]
    assert rows.today == date(2026, 11, 23)
