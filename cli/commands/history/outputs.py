"""The ways in which `history` is written: lines, CSV, JSON, workbook, picture and page."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from pathlib import Path
from typing import Any

from cli.commands.history.account_view import AccountView, view
from cli.commands.history.changes import COLUMNS_READ, ChangeTracker, Reading
from cli.commands.history.export import GAP_NAMES, ROW_NAMES, Record, gap_record, write_csv, write_json
from cli.commands.history.gaps import Gap
from cli.commands.history.ledger import RUN_COLUMNS, LedgerRow
from cli.commands.history.months import NAMES as MONTH_NAMES
from cli.commands.history.options import By, Format
from cli.commands.history.reader import HistoryReader
from cli.commands.history.text_table import NARROW, DayLines, month_lines, summary_lines
from cli.support.console import out, say, warn
from cli.support.files import stdout_for_people, stdout_for_programs, written_whole
from cli.support.money import Money
from cli.support.progress import counted
from cli.support.words import count
from shared.history.row import Entity
from shared.services import utc_now

_WIDEST_CHART = 100

Tables = Mapping[str, tuple[Sequence[str], Iterable[Record]]]


@dataclass
class Report:
    """What is written, and what turned up on the way: gaps as records, and the names of accounts without anything."""

    reader: HistoryReader
    money: Money
    stale_after: int
    by: By = By.DAY
    gaps: list[Record] = field(default_factory=list)
    gap_lines: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    missed_days: int = 0

    def views(self) -> Iterator[AccountView]:
        """Yield each account, read to its end."""
        for account in self.reader.accounts(COLUMNS_READ):
            yield self.noted(view(account, self.tracker()))

    def noted(self, account: AccountView) -> AccountView:
        """Keep the account's gaps, and its name when it has nothing."""
        for gap in account.gaps:
            self._gap(account.name, account.tenant_id, gap)
        if not account.gaps and not account.latest:
            self.silent.append(account.name)
        return account

    def tracker(self) -> ChangeTracker:
        """Return what makes readings of one account's rows."""
        return ChangeTracker(self.money, self.stale_after)

    def tables(self) -> Tables:
        """Return the records for programs, by table; the gaps are complete when the table before them was taken."""
        gaps = (GAP_NAMES, self.gaps)
        if self.by is By.MONTH:
            return {"months": (MONTH_NAMES, self._months()), "gaps": gaps}
        return {"rows": (ROW_NAMES, counted(self._rows(), "rows")), "gaps": gaps}

    def _months(self) -> Iterator[Record]:
        for account in self.views():
            for close in account.months.closes():
                yield close.record(account.name, account.tenant_id)

    def _rows(self) -> Iterator[Entity]:
        for account in self.reader.accounts(None):
            empty = True
            for item in account.items:
                empty = False
                if isinstance(item, Gap):
                    self._gap(account.name, account.tenant_id, item)
                else:
                    yield item
            if empty:
                self.silent.append(account.name)

    def _gap(self, name: str, tenant_id: str, gap: Gap) -> None:
        self.gaps.append(gap_record(name, tenant_id, gap))
        self.missed_days += gap.days
        self.gap_lines.append(f"{name}: missed: {gap}")


def write_tables(report: Report, *, drawn: bool) -> None:
    """Write each account's lines, charts when `drawn`, and its summary."""
    width = shutil.get_terminal_size((_WIDEST_CHART, 24)).columns if out().is_terminal else _WIDEST_CHART
    with stdout_for_people() as stream:
        lines = DayLines(report.money, wide=width >= NARROW)

        def show(item: Reading | Gap) -> None:
            if isinstance(item, Gap):
                say((lines.line(item), "yellow"))
            else:
                stream.write(lines.line(item) + "\n")

        for account in report.reader.accounts(COLUMNS_READ):
            by_day = report.by is By.DAY
            say((f"\n{account.name}", "bold"), f"  {account.tenant_id}")
            if by_day:
                say((lines.header, "bold"))
            read = report.noted(view(account, report.tracker(), show if by_day else lambda _: None))
            if not by_day:
                stream.writelines(line + "\n" for line in month_lines(read, report.money))
            if drawn and by_day:
                _draw(read, report.money, min(width, _WIDEST_CHART))
            for line in summary_lines(read, report.money):
                say((f"  {line}", "bold"))


def _draw(account: AccountView, money: Money, width: int) -> None:
    from cli.commands.history.chart import draw  # noqa: PLC0415 - needed for some calls only

    for _, series in sorted(account.series.of_currency.items()):
        say(f"\n{draw(series, account.series.missed_within(series), money, width=width)}")
    say("")


def write_records(report: Report, form: Format) -> None:
    """Write CSV, with the gaps on stderr, or JSON to stdout."""
    with stdout_for_programs() as stream:
        _write_text(report, stream, form)


def _write_text(report: Report, stream: Any, form: Format) -> None:
    tables = report.tables()
    if form is Format.JSON:
        write_json(tables, stream)
        return
    write_csv(*next(iter(tables.values())), stream)
    for line in report.gap_lines:
        warn(line)


def write_runs(runs: Iterable[LedgerRow], form: Format, zone: tzinfo) -> None:
    """Write the runs, oldest first; a person sees times of `zone`."""
    if form is Format.TABLE:
        with stdout_for_people() as stream:
            stream.write("Started (local)      Trigger  Seconds  Accounts  Recorded  Kept  Failed  Notes\n")
            none = True
            for run in runs:
                none = False
                started, late = run["StartedAt"].astimezone(zone), "started late" if run.get("PastDue") else ""
                counts = f"{run['Accounts']:8}  {run['Recorded']:8}  {run['Kept']:4}  {run['Failed']:6}"
                line = f"{started:%Y-%m-%d %H:%M:%S}  {run['Trigger']:7}  {run['Seconds']:7.1f}  {counts}  {late}"
                stream.write(line.rstrip() + "\n")
        if none:
            warn("no run left a record in this time")
        return
    with stdout_for_programs() as stream:
        if form is Format.JSON:
            write_json({"runs": (RUN_COLUMNS, runs)}, stream)
        else:
            write_csv(RUN_COLUMNS, runs, stream)


def write_page(report: Report, file: Path, first: date | None, last: date) -> None:
    """Write the HTML page."""
    from cli.commands.history.page import page  # noqa: PLC0415 - matplotlib takes a second to import

    report.money = report.money.shown_by(lambda _: True)
    views = list(report.views())
    period = f"From {first} to {last}" if first else f"Up to {last}"
    text = page(views, report.money, period, f"{utc_now():%Y-%m-%d %H:%M} UTC")
    with written_whole(file) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    _say_written(report, file)


def write_file(report: Report, file: Path, first: date | None, last: date) -> None:
    """Write a file, by its ending."""
    match file.suffix.lower():
        case ".html":
            write_page(report, file, first, last)
            return
        case ".xlsx":
            from cli.commands.history.workbook import write_workbook  # noqa: PLC0415 - for workbooks alone

            write_workbook(file, report.tables())
        case ".csv" | ".json" as ending:
            with written_whole(file) as part, part.open("w", encoding="utf-8", newline="") as stream:
                _write_text(report, stream, Format(ending[1:]))
        case _:
            from cli.commands.history.picture import save  # noqa: PLC0415 - matplotlib takes a second to import

            save(list(report.views()), report.money, file)
    _say_written(report, file)


def _say_written(report: Report, file: Path) -> None:
    missed = f"; {count(report.missed_days, 'day')} missed" if report.missed_days else ""
    say(f"Written: {file}{missed}")
