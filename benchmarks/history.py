"""Ten years of fifty accounts: `history` beside reading the same rows with azure-data-tables alone.

`python -m benchmarks.history` measures; with `--read` it is the process that reads with azure-data-tables alone.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from azure.data.tables import TableClient
from azure.identity import ManagedIdentityCredential
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.child import peak_kb
from benchmarks.measure import full_bundle
from cli.commands.history.readings import COLUMNS_READ
from cli.support.operator_table import batches
from cli.support.tables import open_tables
from shared.history.row import Entity, row_key
from shared.settings.read import DEFAULT_TABLE_NAME, read_settings
from standin import StandIn
from standin.faults import Delay

ROOT = Path(__file__).parents[1]
ACCOUNTS = 50
DAYS = 3650
SECONDS_TO_FIRST, MEGABYTES = 2.0, 150
"""What `history` may take at most to its first line, and of memory."""

LATENCIES = ((0, 1.3), (100, 0.35))
"""Milliseconds that each page takes longer, and how long `history` may take at most beside reading page after page."""

_READ = "--read"
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Took:
    """What one process took: seconds to its first output and in all, and its peak memory in MiB (0 where Linux does not tell)."""

    first: float
    total: float
    peak: float


def measure_history(
    world: StandIn, console: Console, bundle: Mapping[str, str], accounts: int = ACCOUNTS, days: int = DAYS
) -> None:
    """Fill the table and print what each way of reading it takes."""
    environ = dict(os.environ) | world.environ | world.add_partner().environ | dict(bundle)
    _fill(environ, console, accounts, days)
    read = [sys.executable, "-m", "benchmarks.history", _READ]
    history = [sys.executable, "-m", "cli", "history", "--last", "all", "--format"]
    headings = ("", "first line (s)", "all (s)", "ratio", "at most", "peak (MiB)")
    table = Table(*headings, title=f"History: {accounts * days:,} rows of {accounts} accounts")
    for delay, most in LATENCIES:
        rule = world.faults.add("table", Delay(delay), method="GET", times=None)
        for columns, form in (((), "csv"), (COLUMNS_READ, "table")):
            with console.status(f"Reading every row twice ({form}, {delay} ms a page more) ..."):
                alone, ours = _run([*read, *columns], environ), _run([*history, form], environ)
            what = "its columns" if columns else "all columns"
            table.add_row(f"read alone, {what}, {delay} ms", "", f"{alone.total:.1f}", "", "", f"{alone.peak:.0f}")
            first, peak = f"{ours.first:.2f} of {SECONDS_TO_FIRST:.0f}", f"{ours.peak:.0f} of {MEGABYTES}"
            ratio = f"{ours.total / alone.total:.2f}"
            table.add_row(f"history, {form}, {delay} ms", first, f"{ours.total:.1f}", ratio, f"{most}", peak)
        rule.remove()
    console.print(table)


def _run(command: Sequence[str], environ: Mapping[str, str]) -> Took:
    """Run a process, read its output as it comes and measure it."""
    started = time.perf_counter()
    first = peak = 0.0
    with subprocess.Popen(  # noqa: S603 - our own modules
        command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        if process.stdout is None:
            raise RuntimeError("the process has no output")
        while os.read(process.stdout.fileno(), _MIB):
            first = first or time.perf_counter() - started
            peak = peak_kb(str(process.pid)) / 1024 or peak
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with status {process.returncode}")
    return Took(first, time.perf_counter() - started, peak)


def _fill(environ: Mapping[str, str], console: Console, accounts: int, days: int) -> None:
    """Insert made-up rows, a day missing in each account."""
    before = dict(os.environ)
    os.environ.update(environ)
    try:
        with open_tables(read_settings(environ)) as place:
            for number in track(
                range(accounts), f"Inserting {accounts * days:,} rows ...", console=console, transient=True
            ):
                for batch in batches(list(_rows(number, days))):
                    place.table.insert_missing(batch)
    finally:
        os.environ.clear()
        os.environ.update(before)


def _rows(account: int, days: int) -> Iterator[Entity]:
    tenant = str(UUID(int=Random(account).getrandbits(128), version=4))  # noqa: S311 - spread over the key space
    today = datetime.now(UTC).replace(hour=6, minute=17, second=3, microsecond=123456)
    for back in range(days, 0, -1):
        if back == days // 2:
            continue
        read = today - timedelta(days=back)
        balance = 68059.03 + 137.15 * (back % 97) + account
        yield {
            "PartitionKey": tenant,
            "RowKey": row_key(read.date(), "USD"),
            "SnapshotDate": read.date().isoformat(),
            "AccountName": f"Partner {account}",
            "CurrencyCode": "USD",
            "CurrencySymbol": "$",
            "BalanceAmount": balance,
            "BalanceText": f"{balance:.2f}",
            "AccountingDate": read.replace(hour=0, minute=0, second=0, microsecond=0),
            "FirstInvoiceCreationDate": datetime(2017, 1, 21, tzinfo=UTC),
            "LatestInvoiceDate": datetime(2018, 3, 8, tzinfo=UTC),
            "LastPaymentAmount": 0.0,
            "Details": '[{"invoiceType":"Recurring","summary":{"balanceAmount":51044.27,"currencyCode":"USD"}}]',
            "RetrievedAt": read,
            "RequestId": str(UUID(int=back)),
            "CorrelationId": str(UUID(int=back)),
            "RunId": str(UUID(int=back)),
            "Source": "partner-center",
            "SchemaVersion": 1,
        }


def _read_alone(columns: Sequence[str]) -> None:
    """Read all rows the shortest way."""
    identity = ManagedIdentityCredential(client_id=os.environ["AZURE_CLIENT_ID"])
    with TableClient(os.environ["SNAPSHOT_TABLE_ENDPOINT"], DEFAULT_TABLE_NAME, credential=identity) as table:
        count = sum(1 for _ in table.list_entities(select=list(columns) or None))
    sys.stdout.write(f"{count}\n")


if __name__ == "__main__":
    if sys.argv[1:2] == [_READ]:
        _read_alone(sys.argv[2:])
    else:
        with StandIn() as played, full_bundle(played) as authorities:
            measure_history(played, Console(), authorities, *map(int, sys.argv[1:3]))
