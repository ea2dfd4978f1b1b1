"""The playground's ledger of runs: one run per day, every hour in the last week and on days that failed."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from shared.errors import Ids, PartnerUnavailable
from shared.history.row import Entity
from shared.history.runs import RunRecord, failure_row, run_row
from shared.settings.accounts import Account

HOURLY_DAYS = 7
_MESSAGE = "Partner Center answered 503 until the time limit of 180 s."


def ledger_rows(
    today: date, days: int, accounts: Sequence[Account], failed: Mapping[date, Sequence[Account]]
) -> list[Entity]:
    """Return the rows of the runs of `days` days before `today`; `failed` names the accounts that a day missed."""
    rows: list[Entity] = []
    for back in range(days, 0, -1):
        day = today - timedelta(days=back)
        missed = failed.get(day, ())
        hours = range(24) if missed or back <= HOURLY_DAYS else range(1)
        for hour in hours:
            start = datetime.combine(day, time(hour, 17, 1, 204_117 + back), UTC)
            run = _run(day, start, len(accounts), len(missed))
            rows += [*(failure_row(run, account, _failure()) for account in missed), run_row(run)]
    return rows


def _run(day: date, started: datetime, accounts: int, failed: int) -> RunRecord:
    done = accounts - failed
    first = started.hour == 0
    return RunRecord(
        run_id=str(uuid.uuid4()),
        day=day,
        started=started,
        seconds=181.4 if failed else 1.62 if first else 0.21,
        accounts=accounts,
        recorded=done if first else 0,
        kept=0 if first else done,
        failed=failed,
        trigger="timer",
        past_due=False,
        version="playground",
    )


def _failure() -> PartnerUnavailable:
    return PartnerUnavailable(_MESSAGE, ids=Ids(str(uuid.uuid4()), str(uuid.uuid4())))
