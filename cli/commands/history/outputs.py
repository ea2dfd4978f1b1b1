"""The ways in which `history` is written: lines, CSV, JSON, workbook, picture and page."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, tzinfo
from pathlib import Path
from typing import IO

from cli.commands.history.account_tables import (
    GAP_NAMES,
    MONTH_NAMES,
    day_table,
    gap_record,
    month_records,
    month_table,
    summary,
)
from cli.commands.history.account_view import AccountView
from cli.commands.history.gaps import Gap
from cli.commands.history.ledger import RUN_COLUMNS, RUN_COUNTS, LedgerEntry
from cli.commands.history.reader import AccountHistory, HistoryReader
from cli.commands.history.readings import COLUMNS_READ, readings
from cli.support.console import count, out, say, warn
from cli.support.files import written_whole
from cli.support.money import Money
from cli.support.options import Format
from cli.support.records import Record, print_records, write_csv, write_json
from cli.support.text_table import TextTable
from shared.history.row import COLUMNS, Entity
from shared.net.foreign_text import one_line
from shared.services import utc_now

ROW_NAMES = tuple(column.name for column in COLUMNS)
NARROW = 80
"""Columns of a terminal below which the accounting date is left out."""

_WIDEST_CHART = 100


@dataclass
class Report:
    """What is written, and what turned up on the way: the gaps, and the names of accounts without anything."""

    reader: HistoryReader
    money: Money
    by_month: bool
    gaps: list[tuple[AccountHistory, Gap]] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)

    @property
    def missed_days(self) -> int:
        """How many days are missing in all accounts so far."""
        return sum(gap.days for _, gap in self.gaps)

    def views(self) -> Iterator[AccountView]:
        """Yield each account, read to its end."""
        for account in self.reader.accounts(COLUMNS_READ):
            items = list(readings(self._noted(account), self.money))
            yield AccountView(account.name, account.label, account.tenant_id, account.configured, items)

    def tables(self) -> dict[str, tuple[tuple[str, ...], Iterable[Record]]]:
        """Return the columns and records for programs, by table; the gaps are complete when the table before them was taken."""
        gaps = (gap_record(account.name, account.tenant_id, gap) for account, gap in self.gaps)
        if self.by_month:
            months = (record for view in self.views() for record in month_records(view))
            return {"months": (MONTH_NAMES, months), "gaps": (GAP_NAMES, gaps)}
        accounts = self.reader.accounts(None)
        rows = (item for account in accounts for item in self._noted(account) if not isinstance(item, Gap))
        return {"rows": (ROW_NAMES, rows), "gaps": (GAP_NAMES, gaps)}

    def _noted(self, account: AccountHistory) -> Iterator[Entity | Gap]:
        """Yield the account's items and keep its gaps, and its name when it has nothing."""
        empty = True
        for item in account.items:
            empty = False
            if isinstance(item, Gap):
                self.gaps.append((account, item))
            yield item
        if empty:
            self.silent.append(account.label)


def write_tables(report: Report, *, drawn: bool) -> None:
    """Write each account's lines, charts when `drawn`, and its summary."""
    width = out().width if out().is_terminal else _WIDEST_CHART
    for view in report.views():
        say((f"\n{view.name}", "bold"), f"  {view.tenant_id}")
        table = month_table(view, report.money) if report.by_month else day_table(view, report.money)
        if width < NARROW:
            table = table.without("As of")
        _write_table(table)
        if drawn and not report.by_month:
            _draw(view, report.money, min(width, _WIDEST_CHART))
        for line in summary(view, report.money):
            say((f"  {line}", "bold"))


def _write_table(table: TextTable) -> None:
    if not table.rows:
        return
    heading, *lines = table.lines()
    say((heading, "bold"))
    for row, line in zip(table.rows, lines, strict=True):
        if "missed" in row:
            say((line, "yellow"))
        else:
            sys.stdout.write(line + "\n")


def _draw(view: AccountView, money: Money, width: int) -> None:
    from cli.commands.history.chart import draw  # noqa: PLC0415 - needed for some calls only

    for series in view.series:
        say(f"\n{draw(series, view.name, money, width=width)}")
    say("")


def write_records(report: Report, stream: IO[str], form: Format) -> None:
    """Write CSV, with the gaps on stderr, or JSON."""
    tables = report.tables()
    if form is Format.JSON:
        write_json({title: _whole(*table) for title, table in tables.items()}, stream)
        return
    write_csv(*next(iter(tables.values())), stream)
    for account, gap in report.gaps:
        warn(f"{account.label}: missed: {gap}")


def _whole(names: tuple[str, ...], records: Iterable[Record]) -> Iterator[Record]:
    return ({name: record.get(name) for name in names} for record in records)


def write_runs(runs: Iterable[LedgerEntry], form: Format, zone: tzinfo) -> None:
    """Write the runs, oldest first; a person sees their start in `zone`, that of the settings."""
    if form is not Format.TABLE:
        rows = (run.row for run in runs)
        print_records(form, RUN_COLUMNS, rows, {"runs": _whole(RUN_COLUMNS, rows)})
        return
    headings = (f"Started ({zone})", "Trigger", "Seconds", "Accounts", "Recorded", "Kept", "Failed", "Notes")
    table = TextTable(headings, [_run_cells(run) for run in runs], frozenset(headings[2:7]))
    if not table.rows:
        warn("no run left a record in this time")
        return
    _write_table(table)


def _run_cells(run: LedgerEntry) -> tuple[str, ...]:
    trigger, *counts = (one_line(run.row.get(name)) for name in ("Trigger", *RUN_COUNTS))
    seconds = run.row.get("Seconds")
    took = f"{seconds:.1f}" if isinstance(seconds, int | float) else "-"
    late = "started late" if run.row.get("PastDue") is True else ""
    return f"{run.started:%Y-%m-%d %H:%M:%S}", trigger, took, *counts, late


def write_file(report: Report, file: Path, *, page: bool, first: date | None, last: date) -> None:
    """Write a page, or a file by its ending."""
    ending = file.suffix.lower()
    if page or ending == ".html":
        from cli.commands.history.page import page as as_page  # noqa: PLC0415 - matplotlib takes a second to import

        report.money = report.money.shown_by(lambda _: True)
        period = f"From {first} to {last}" if first else f"Up to {last}"
        text = as_page(list(report.views()), report.money, period, f"{utc_now():%Y-%m-%d %H:%M} UTC")
        with written_whole(file) as part:
            part.write_text(text, encoding="utf-8", newline="\n")
    elif ending == ".xlsx":
        from cli.commands.history.workbook import write_workbook  # noqa: PLC0415 - for workbooks alone

        write_workbook(file, report.tables())
    elif ending in {".csv", ".json"}:
        with written_whole(file) as part, part.open("w", encoding="utf-8", newline="") as stream:
            write_records(report, stream, Format(ending[1:]))
    else:
        from cli.commands.history.picture import save  # noqa: PLC0415 - as above

        save(list(report.views()), report.money, file)
    missed = f"; {count(report.missed_days, 'day')} missed" if report.missed_days else ""
    say(f"Written: {file}{missed}")
