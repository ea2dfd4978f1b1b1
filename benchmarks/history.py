"""Ten years of history for one account and for fifty: `history` compared with plain azure-data-tables.

`python -m benchmarks.history` takes about four minutes. With `--read` it only reads with plain azure-data-tables. Its
imports take about as long as the command line's, so that only the reading differs.
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
from rich.table import Table

from benchmarks.child import peak_kb
from benchmarks.measure import full_bundle
from cli.commands.history.account import COLUMNS_READ
from shared.history.row import Entity, row_key, snapshot_row
from shared.partner_center.invoice_summary import ResponseMetadata, parse_summary
from shared.settings.accounts import Account
from shared.settings.read import DEFAULT_TABLE_NAME
from standin import StandIn
from standin.faults import Delay
from standin.playground import insert_rows

ROOT = Path(__file__).parents[1]
ACCOUNTS = 50
DAYS = 3650
ROUNDS = 5
"""Rounds for one account, in turn; the shortest counts."""

SECONDS_TO_FIRST, MEGABYTES = 2.0, 150
"""The limits for `history`: time to its first line, and memory."""

_CSV, _TABLE = ("csv", ()), ("table", COLUMNS_READ)
"""The output format of `history`, and the columns that it reads; none means all."""

CASES = (
    (1, 0, _TABLE, 0.83),
    (1, 0, _CSV, 1.2),
    (ACCOUNTS, 0, _TABLE, 1.0),
    (ACCOUNTS, 0, _CSV, 1.0),
    (ACCOUNTS, 100, _TABLE, 0.35),
    (ACCOUNTS, 100, _CSV, 0.35),
)
"""Accounts, extra milliseconds per page, format, and the maximum ratio of `history` to reading page after page."""

HEADINGS = ("accounts", "ms a page", "form", "alone (s)", "history (s)", "ratio", "at most", "first line (s)", "MiB")

ANSWER = b"""{"balanceAmount": 68059.03, "currencyCode": "USD", "currencySymbol": "$", "accountingDate": "2018-03-16T00:00:00",
"firstInvoiceCreationDate": "2017-01-21T00:00:00Z", "latestInvoiceDate": "2018-03-08T00:00:00Z", "lastPaymentAmount": 0,
"details": [{"invoiceType": "Recurring", "summary": {"balanceAmount": 68059.03, "currencyCode": "USD"}}]}"""

_READ = "--read"
_MIB = 1024 * 1024


@dataclass(frozen=True, order=True)
class Took:
    """One process's figures: total seconds, seconds to its first output, and peak memory in MiB (0 if unknown)."""

    total: float
    first: float
    peak: float


def measure_history(world: StandIn, console: Console, bundle: Mapping[str, str]) -> None:
    """Fill the table and print how long each way of reading it takes."""
    environ = dict(os.environ) | world.environ | world.add_partner().environ | dict(bundle)
    table = Table(title=f"History: {DAYS:,} days, compared with azure-data-tables", caption=_starting(environ))
    for heading in HEADINGS:
        table.add_column(heading)
    filled = 0
    for accounts, delay, (form, columns), most in CASES:
        with console.status(f"Reading {accounts} accounts as {form}, {delay} ms a page more ..."):
            for account in range(filled, accounts):
                insert_rows(world, world.table, DEFAULT_TABLE_NAME, list(_rows(account)))
            filled = accounts
            rule = world.faults.add("table", Delay(delay), method="GET", times=None)
            alone, ours = [], []
            for _ in range(ROUNDS if accounts == 1 else 1):
                alone.append(_run(["-m", "benchmarks.history", _READ, *columns], environ).total)
                ours.append(_run(["-m", "cli", "history", "--last", "all", "--format", form], environ))
            rule.remove()
        best, seconds = min(ours), min(alone)
        first, peak = f"{best.first:.2f} of {SECONDS_TO_FIRST:.0f}", f"{best.peak:.0f} of {MEGABYTES}"
        shown = (f"{seconds:.2f}", f"{best.total:.2f}", f"{best.total / seconds:.2f}", f"{most}", first, peak)
        table.add_row(f"{accounts}", f"{delay}", form, *shown)
    console.print(table)


def _starting(environ: Mapping[str, str]) -> str:
    """Describe how long both take to start. A command's help imports the same modules but makes no calls."""
    commands = ["-m", "cli", "history", "--help"], ["-c", "import benchmarks.history"]
    ours, alone = (min(_run(command, environ).total for _ in range(ROUNDS)) for command in commands)
    return f"Interpreter and imports: {ours:.2f} s for history, {alone:.2f} s for the other process."


def _run(arguments: Sequence[str], environ: Mapping[str, str]) -> Took:
    """Run Python, read its output as it arrives, and measure the process."""
    started = time.perf_counter()
    first = peak = 0.0
    with subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, *arguments], env=environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        if process.stdout is None:
            raise RuntimeError("the process has no output")
        while os.read(process.stdout.fileno(), _MIB):
            first = first or time.perf_counter() - started
            peak = peak_kb(str(process.pid)) / 1024 or peak
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed with status {process.returncode}")
    return Took(time.perf_counter() - started, first, peak)


def _rows(number: int) -> Iterator[Entity]:
    """Generate an account's rows with the job's own functions, with one day missing."""
    tenant = str(UUID(int=Random(number).getrandbits(128), version=4))  # noqa: S311 - spread over the key space
    account = Account(tenant_id=tenant, name=f"Partner {number}")
    today = datetime.now(UTC).replace(hour=6, minute=17, second=3, microsecond=123456)
    some_id = str(UUID(int=number))
    row = snapshot_row(account, today.date(), parse_summary(ANSWER, ResponseMetadata(today, some_id, some_id)), some_id)
    for back in range(DAYS, 0, -1):
        if back != DAYS // 2:
            read, balance = today - timedelta(days=back), 68059.03 + 137.15 * (back % 97) + number
            key = {"RowKey": row_key(read.date(), "USD"), "SnapshotDate": read.date().isoformat()}
            yield {**row, **key, "BalanceAmount": balance, "BalanceText": f"{balance:.2f}", "RetrievedAt": read}


def _read_alone(columns: Sequence[str]) -> None:
    """Read all rows in the simplest way."""
    identity = ManagedIdentityCredential(client_id=os.environ["AZURE_CLIENT_ID"])
    with TableClient(os.environ["SNAPSHOT_TABLE_ENDPOINT"], DEFAULT_TABLE_NAME, credential=identity) as table:
        count = sum(1 for _ in table.list_entities(select=list(columns) or None))
    sys.stdout.write(f"{count}\n")


if __name__ == "__main__":
    if sys.argv[1:2] == [_READ]:
        _read_alone(sys.argv[2:])
        sys.exit()
    with StandIn() as played, full_bundle(played) as authorities:
        measure_history(played, Console(), authorities)
