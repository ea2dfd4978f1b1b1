"""`history`, through a real process."""

import csv
import io
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cli.support.tables import TableContext, batches
from shared.history.row import COLUMNS, Entity
from standin import StandIn
from standin.faults import WrongDate
from tests.cli.conftest import SECONDS, Cli, Done
from tests.support.rows import TENANT, days, days_ago, row

OTHER = "99999999-9999-9999-9999-999999999999"
NAMES = [column.name for column in COLUMNS]

Fill = Callable[..., None]


@pytest.fixture
def fill(cli: Cli, world: StandIn, connect: Callable[[], TableContext]) -> Fill:
    """Return a function that writes rows to the table and the ledger; the only configured account is TENANT's."""
    cli.use(world.add_partner(tenant_id=TENANT).environ)
    opened = connect()

    def insert(rows: Sequence[Entity], ledger: Sequence[Entity] = ()) -> None:
        for table, given in ((opened.table, rows), (opened.ledger, ledger)):
            for batch in batches(sorted(given, key=lambda entity: str(entity["PartitionKey"]))):
                assert table.insert_missing(batch) == len(batch)

    return insert


def run_of(day: date, hour: int, failed: str | None = None) -> list[Entity]:
    """Return the ledger's rows for one run; `failed` is the code of TENANT's failure."""
    started = datetime(day.year, day.month, day.day, hour, 17, tzinfo=UTC)
    key = f"{started:%Y-%m-%dT%H:%M:%S.000000Z}_run"
    common: dict[str, Any] = {"RowKey": key, "SnapshotDate": day.isoformat(), "SchemaVersion": 1}
    counts = {"Accounts": 1, "Recorded": 0, "Kept": 0, "Failed": int(bool(failed)), "PastDue": False}
    run: dict[str, Any] = {
        **common,
        **counts,
        "PartitionKey": "run",
        "StartedAt": started,
        "Seconds": 1.5,
        "Trigger": "timer",
    }
    return [run, *([{**common, "PartitionKey": TENANT, "Code": failed}] if failed else [])]


def texts(done: Done, first: str = "") -> list[str]:
    """Return the lines that begin with `first`, with whitespace collapsed."""
    return [" ".join(line.split()) for line in done.out.splitlines() if line.startswith(first)]


def test_changes_gaps_events_and_marks_are_shown(cli: Cli, fill: Fill) -> None:
    """Each day has its change and notes. A missed day appears in sequence with its reason; currencies stay separate."""
    paid, invoiced = datetime(2026, 11, 3, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)
    fill(
        [
            row(days_ago(10), "1000.00", "EUR"),
            row(days_ago(10), "100.00"),
            row(days_ago(9), "250.25", Source="imported", AccountingDate=None, LatestInvoiceDate=invoiced),
            row(days_ago(4), "-50.00", LastPaymentDate=invoiced, LatestInvoiceDate=invoiced.replace(month=2)),
            row(days_ago(1), "-50.00", LastPaymentDate=paid, LastPaymentAmount=12000.0),
        ],
        [
            *run_of(days_ago(7), 1),
            *run_of(days_ago(5), 1, "table-unreachable"),
            *run_of(days_ago(3), 1, "vault-unreachable"),
            *run_of(days_ago(3), 4, "partner-unavailable"),
            *run_of(days_ago(2), 4, "partner-unavailable"),
        ],
    )
    done = cli("history")
    assert (done.status, done.err) == (0, "")
    assert "Currency" in texts(done, "Date")[0]
    year = "" if days_ago(1).year == paid.year else " 2026"
    tried = f"3 runs tried, from {days_ago(3)} 01:17 to {days_ago(2)} 04:17"
    assert texts(done, "20") == [
        f"{days_ago(10)} EUR €1,000.00 {days_ago(11)}",
        f"{days_ago(10)} USD $100.00 {days_ago(11)}",
        f"{days_ago(9)} USD $250.25 +$150.25 - invoiced on 1 Jan 2020, imported",
        f"{days_ago(8)} missed",
        f"{days_ago(7)} missed runs left records, but none for this account",
        f"{days_ago(6)} missed no run left a record",
        f"{days_ago(5)} missed table-unreachable: 1 run tried, at 01:17",
        f"{days_ago(4)} USD -$50.00 -$300.25 {days_ago(5)} change over 5 days, invoiced on 1 Feb 2020",
        f"{days_ago(3)} missed up to {days_ago(2)} (2 days): partner-unavailable: {tried}",
        f"{days_ago(1)} USD -$50.00 $0.00 {days_ago(2)} change over 3 days, paid 12,000.00 on 3 Nov{year}",
    ]
    euros = texts(cli("history", "--currency", "eur"), "20")
    assert [line.split()[1] for line in euros] == ["EUR", *["missed"] * 5]
    runs = cli("history", "--runs", "--last", "9d")
    assert [line.split()[2:] for line in runs.out.splitlines()[1:]] == [
        ["timer", "1.5", "1", "0", "0", failed] for failed in "01111"
    ]
    assert cli("history", "--fail-on-gap").status == 1
    assert f"(2 days): partner-unavailable: {tried}" in cli("history", "--format", "csv").err


def test_accounts_come_in_the_settings_order_and_former_ones_last(cli: Cli, fill: Fill) -> None:
    """A tenant that is no longer configured misses nothing after its last row; a date range can be chosen."""
    fill([*days(9, 7), *days(3, 3), *days(9, 8, tenant="00000000-0000-0000-0000-000000000000", AccountName="Former")])
    last = cli("history", "--last", "7d", "--account", "contoso")
    assert texts(last, "20") == [
        f"{days_ago(6)} missed up to {days_ago(4)} (3 days)",
        f"{days_ago(3)} USD $1,000.50 {days_ago(4)}",
        f"{days_ago(2)} missed up to {days_ago(1)} (2 days)",
    ]
    done = cli("history")
    assert done.out.index("Contoso") < done.out.index("Former")
    former = done.out.partition("Former")[2]
    assert ("no longer configured" in former, "missed:" in former) == (True, False)
    silent = cli("history", "--from", days_ago(2), "--to", days_ago(1), "--format", "csv")
    assert f"Contoso: missed: {days_ago(2)} to {days_ago(1)} (2 days)" in silent.err


def test_programs_get_every_column_and_the_gaps(cli: Cli, fill: Fill) -> None:
    """CSV is UTF-8 whatever the console's encoding. JSON has the documented members and types, and months as exact text."""
    fill([row(days_ago(3), "0.10", LastPaymentAmount=5.0, AccountName="日本"), row(days_ago(1))])
    done = cli("history", "--format", "csv", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    header, first, _ = csv.reader(io.StringIO(done.out))
    values = dict(zip(header, first, strict=True))
    assert header == NAMES
    assert (values["BalanceText"], values["AccountName"], values["CreditLimit"]) == ("0.10", "日本", "")
    assert values["RetrievedAt"] == f"{days_ago(3)}T06:17:03.123456Z"
    assert done.err == f"note  Contoso: missed: {days_ago(2)}\n"
    document = json.loads(cli("history", "--format", "json").out)
    months = json.loads(cli("history", "--by", "month", "--format", "json").out)
    assert [list(found) for found in document["rows"]] == [NAMES, NAMES]
    assert document["gaps"][0]["first"] == document["gaps"][0]["last"] == str(days_ago(2))
    assert months["months"][-1]["close"] == "100.00"
    page = (Path(__file__).parents[4] / "docs" / "operate.md").read_text(encoding="utf-8")
    section = page.partition("## JSON of the commands")[2].partition("\n## ")[0]
    for member in (*document["gaps"][0], *months["months"][0]):
        assert f"`{member}`" in section


def test_the_extension_decides_the_file_format(cli: Cli, fill: Fill) -> None:
    """Workbook, page and CSV. In the workbook, text is text, days are dates and amounts are numbers."""
    name = "=1+1 <script>alert(1)</script> 日本😀"
    more: dict[str, Any] = {
        "AccountName": name + "\uffff",
        "CreditLimit": 2e16,
        "LastPaymentDate": datetime.max.replace(tzinfo=UTC),
    }
    fill([row(days_ago(number), "12345678901234567.89", **more) for number in (5, 4, 1)])
    cli.use({"PARTNER_ACCOUNT_NAME": "<b>日本 العربية 😀"})
    (cli.folder / "matplotlibrc").write_text("text.usetex: True\n", encoding="utf-8")
    for file in ("a.xlsx", "a.html", "a.csv", "a.json"):
        done = cli(
            "history",
            "--html" if file == "a.html" else "--output",
            file,
            MPLBACKEND="module://matplotlib_inline.backend_inline",
        )
        assert (done.status, done.err) == (0, "" if file != "a.csv" else done.err), done.err
        assert f"Written: {file}" in done.out
    sheet = openpyxl.load_workbook(cli.folder / "a.xlsx")["rows"]
    found = dict(zip((cell.value for cell in sheet[1]), sheet[2], strict=True))
    assert (found["AccountName"].value, found["AccountName"].data_type) == (name + "\ufffd", "s")
    assert str(found["SnapshotDate"].value) == f"{days_ago(5)} 00:00:00"
    assert (found["BalanceAmount"].data_type, found["BalanceText"].value) == ("n", "12345678901234567.89")
    assert str(found["LastPaymentDate"].value).startswith("9999-12-31T23:59:59")  # Excel would round it up
    html = (cli.folder / "a.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert "&lt;b&gt;日本" in html
    assert "<b>" not in html
    assert "default-src 'none'" in html
    assert "http://" not in html
    assert "https://" not in html


def test_long_histories_and_long_gaps(cli: Cli, fill: Fill) -> None:
    """Several pages are read in order. A gap of 24 years takes one line, and the chart uses plain characters."""
    fill([row(date(2002, 1, 1)), *days(1100)])
    done = cli("history", "--last", "all", "--plot", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert (done.status, done.out.isascii(), "?" in done.out) == (0, True, False)
    assert [line.split()[0] for line in texts(done, "20")] == ["2002-01-01", "2002-01-02"] + [
        str(days_ago(number)) for number in range(1100, 0, -1)
    ]
    assert max(map(len, done.out.splitlines())) <= 120
    months = texts(cli("history", "--by", "month", "--last", "all"), "20")
    assert months[0] == "2002-01 USD $100.00 as of 2002-01-01, 30 days missed"
    assert "change since 2002-01" in months[1]
    assert all(" +$" in line for line in months[1:])
    assert months[-1].startswith(str(days_ago(1))[:7])


@pytest.mark.parametrize("arguments", [[], ["--runs"], ["--html", "a.html"], ["--output", "a.xlsx"]])
def test_a_wrong_clock_shows_and_writes_nothing(cli: Cli, world: StandIn, fill: Fill, arguments: list[str]) -> None:
    """The clock decides which days are missing."""
    fill(days(3))
    world.faults.add("table", WrongDate(timedelta(days=2)), times=None)
    done = cli("history", *arguments)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("clock-wrong")
    assert list(cli.folder.glob("a.*")) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full disk to write to")
def test_a_full_disk_and_a_closed_pipe_are_named(cli: Cli, fill: Fill) -> None:
    """In every format, with exit status 1 and without a traceback."""
    fill(list(days(1500)))
    reader, pipe = os.pipe()
    os.close(reader)
    for command in ("history --last all", "history --last all --format csv", "history --format json", "status"):
        with Path("/dev/full").open("wb") as full:
            for target, message in ((full.fileno(), "No space left"), (pipe, "closed the pipe")):
                done = subprocess.run(  # noqa: S603 - our own command line
                    cli.line(*command.split()),
                    env=cli.environ,
                    cwd=cli.folder,
                    stdout=target,
                    stderr=subprocess.PIPE,
                    text=True,
                    timeout=SECONDS,
                    check=False,
                )
                assert (done.returncode, message in done.stderr, "Traceback" in done.stderr) == (1, True, False)
    os.close(pipe)


def test_rows_that_are_not_snapshots_are_skipped_and_named(cli: Cli, fill: Fill) -> None:
    """Rows in the table and ledger with missing columns, wrong types or a future day. The rest is shown, with exit status 1."""
    good = row(days_ago(1))
    wrong: list[dict[str, Any]] = [
        {"RowKey": "x"},
        {"BalanceText": "abc"},
        {"BalanceAmount": 5.0},
        {"AccountingDate": "soon"},
        {"AccountName": None},
        {"RowKey": "2999-01-01_USD", "SnapshotDate": "2999-01-01"},
    ]
    rows = [{**row(days_ago(number)), **bad} for number, bad in enumerate(wrong, 3)]
    fill(
        [good, *({name: value for name, value in one.items() if value is not None} for one in rows)],
        [{"PartitionKey": "run", "RowKey": "x"}, {**run_of(days_ago(2), 5)[0], "Failed": "many"}],
    )
    for arguments in (["--last", "all"], ["--format", "csv"], ["--html", "a.html"]):
        done = cli("history", *arguments)
        assert done.status == 1
        assert f"Skipped {len(wrong)} rows in the table: not a snapshot. The first: {TENANT} / " in done.err
    assert texts(cli("history", "--last", "all"), "20") == [f"{days_ago(1)} USD $100.00 {days_ago(2)}"]
    assert "no run left a record" in cli("history", "--runs", "--last", "all").err
    assert "a row in the table is not a snapshot" in cli("status").out
