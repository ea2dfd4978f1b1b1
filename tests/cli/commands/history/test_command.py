"""`history`, through a real process."""

import csv
import io
import json
from collections.abc import Callable, Sequence

import pytest
import typer

from cli.commands.history.command import as_days, as_picture
from cli.support.operator_table import batches
from cli.support.tables import Workplace
from shared.history.row import COLUMNS, Entity
from standin import StandIn
from tests.cli.conftest import Cli, Done
from tests.support.rows import TENANT, days, days_ago, row

OTHER = "99999999-9999-9999-9999-999999999999"
NAMES = [column.name for column in COLUMNS]

Fill = Callable[[Sequence[Entity]], None]


@pytest.fixture
def fill(cli: Cli, world: StandIn, place: Callable[[], Workplace]) -> Fill:
    """Give what puts rows into the table; the one account that is configured is that of TENANT."""
    cli.use(world.add_partner(tenant_id=TENANT).environ)
    table = place().table

    def insert(rows: Sequence[Entity]) -> None:
        for batch in batches(rows):
            assert table.insert_missing(batch) == len(batch)

    return insert


def texts(done: Done, first: str = "") -> list[str]:
    """Return the lines that begin so, with single spaces."""
    return [" ".join(line.split()) for line in done.out.splitlines() if line.startswith(first)]


def test_changes_gaps_and_marks_are_shown(cli: Cli, fill: Fill) -> None:
    """A missed day stands at its place, the change after it says over how many days, and currencies are kept apart."""
    fill(
        [
            row(days_ago(5), "1000.00", "EUR"),
            row(days_ago(5), "100.00"),
            row(days_ago(4), "250.25", Source="imported", AccountingDate=None),
            row(days_ago(2), "-50.00"),
            row(days_ago(1), "-50.00", AccountingDate=row(days_ago(60))["AccountingDate"]),
        ]
    )
    done = cli("history")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"\nContoso  {TENANT}\n")
    assert texts(done, "20") == [
        f"{days_ago(5)} EUR €1,000.00 {days_ago(6)}",
        f"{days_ago(5)} USD $100.00 {days_ago(6)}",
        f"{days_ago(4)} USD $250.25 +$150.25 - imported",
        f"{days_ago(3)} missed: no reading, and none can be had later",
        f"{days_ago(2)} USD -$50.00 -$300.25 {days_ago(3)} change in 2 days",
        f"{days_ago(1)} USD -$50.00 $0.00 {days_ago(61)} stale: not updated for 60 days",
    ]
    assert texts(done, "  ") == [
        f"EUR: 1 day from {days_ago(5)} to {days_ago(5)}, latest €1,000.00",
        f"USD: 4 days from {days_ago(5)} to {days_ago(1)}, latest -$50.00",
        f"missed: 1 day: {days_ago(3)}",
    ]


def test_accounts_days_and_currencies_are_chosen(cli: Cli, fill: Fill) -> None:
    """A tenant that is configured no more is read by its id; what is missed at either end of the time is shown."""
    former_rows = [row(days_ago(3), "5", "JPY", OTHER, AccountName="Former"), *days(3, 2, tenant=OTHER)]
    fill([*days(9, 7), *days(3, 3), *former_rows])
    last = cli("history", "--last", "7d", "--account", "contoso")
    assert texts(last, "20") == [
        f"{days_ago(6)} missed: no reading up to {days_ago(4)} (3 days), and none can be had later",
        f"{days_ago(3)} USD $1,000.50 {days_ago(4)}",
        f"{days_ago(2)} missed: no reading up to {days_ago(1)} (2 days), and none can be had later",
    ]
    former = cli("history", "--account", OTHER, "--currency", "jpy", "--to", days_ago(2))
    assert texts(former, "Former") == [f"Former {OTHER}"]
    assert texts(former, "20") == [f"{days_ago(3)} JPY ¥5 {days_ago(4)}"]
    silent = cli("history", "--from", days_ago(2), "--to", days_ago(1))
    assert f"note  Contoso: missed: {days_ago(2)} to {days_ago(1)} (2 days)" in silent.err


def test_csv_has_every_column_of_the_contract(cli: Cli, fill: Fill) -> None:
    """In its order, times in UTC, absent values empty; gaps are told on stderr, where they are in nobody's way."""
    fill([row(days_ago(3), "0.10", LastPaymentAmount=5.0), row(days_ago(1))])
    done = cli("history", "--format", "csv")
    header, first, second = csv.reader(io.StringIO(done.out))
    assert header == NAMES
    values = dict(zip(header, first, strict=True))
    assert values["BalanceText"] == "0.10"
    assert values["RetrievedAt"] == f"{days_ago(3)}T06:17:03.123456Z"
    assert (values["LastPaymentAmount"], values["CreditLimit"]) == ("5.0", "")
    assert second[1] == f"{days_ago(1)}_USD"
    assert done.err == f"note  Contoso: missed: {days_ago(2)}\n"


def test_json_has_every_column_of_the_contract(cli: Cli, fill: Fill) -> None:
    """One object a row, absent values null; an empty history is an empty array."""
    empty = cli("history", "--format", "json")
    assert (empty.status, json.loads(empty.out)) == (0, [])
    assert empty.err == "note  Contoso: no history in this time\n"
    fill(list(days(2)))
    rows = json.loads(cli("history", "--format", "json").out)
    assert [list(found) for found in rows] == [NAMES, NAMES]
    assert [(found["BalanceAmount"], found["SchemaVersion"], found["CreditLimit"]) for found in rows] == [
        (1000.5, 1, None),
        (1001.5, 1, None),
    ]


def test_more_than_a_page_is_read_in_order(cli: Cli, fill: Fill) -> None:
    """Pages are fetched ahead and none is lost or doubled; charts and the picture take long histories too."""
    fill(list(days(1100)))
    done = cli("history", "--plot", "--chart", "history.svg")
    assert done.status == 0
    read = [line.split()[0] for line in texts(done, "20")]
    assert read == [days_ago(number).isoformat() for number in range(1100, 0, -1)]
    assert "Contoso, balance in USD" in done.out
    picture = (cli.folder / "history.svg").read_text(encoding="utf-8")
    assert picture.startswith("<?xml")
    assert "Drawn: history.svg" in done.out


def test_a_chart_in_plain_characters_where_others_cannot_be_shown(cli: Cli, fill: Fill) -> None:
    """On a console of another encoding the frame and the line are ASCII."""
    fill(list(days(5)))
    done = cli("history", "--plot", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert done.status == 0
    chart = done.out[done.out.index("balance in USD") :]
    assert "*" in chart
    assert "?" not in chart
    assert done.out.isascii()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--last", "soon"], "is no length of time"),
        (["--from", "2026-01-02", "--to", "2026-01-01"], "is after --to"),
        (["--format", "csv", "--chart", "x.png"], "--format table alone"),
    ],
)
def test_wrong_usage_is_told(cli: Cli, world: StandIn, arguments: list[str], says: str) -> None:
    """With exit status 2 and what would be right."""
    cli.use(world.add_partner().environ)
    done = cli("history", *arguments)
    assert done.status == 2
    assert says in " ".join(done.err.replace("│", " ").split())


def test_lengths_of_time() -> None:
    """Days, weeks, months of 30 and years of 365 days."""
    assert [as_days(text) for text in ("1d", "12w", "6m", "2y")] == [1, 84, 180, 730]


def test_pictures_are_png_or_svg() -> None:
    """Anything else is refused before the table is read."""
    assert as_picture("a.PNG").name == "a.PNG"
    with pytest.raises(typer.BadParameter, match=r"\.png or \.svg"):
        as_picture("a.jpg")
    with pytest.raises(typer.BadParameter, match="folder"):
        as_picture("no/such/folder/a.png")
