"""The playground's ledger of runs: one run per day, every hour in the last week and on days that failed."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from shared.errors import Ids, PartnerUnavailable
from shared.history.row import Entity
from shared.history.runs import Failure, RunContext, RunResult, failure_row, run_row
from shared.settings.accounts import Account

HOURLY_DAYS = 7


def ledger_rows(
    today: date, days: int, accounts: Sequence[Account], failed: Mapping[date, Sequence[Account]]
) -> list[Entity]:
    """Return the rows of the runs of `days` days before `today`; `failed` names the accounts that a day missed."""
    rows: list[Entity] = []
    for back in range(days, 0, -1):
        day = today - timedelta(days=back)
        failures = [Failure(account, _unavailable()) for account in failed.get(day, ())]
        done = len(accounts) - len(failures)
        for hour in range(24 if failures or back <= HOURLY_DAYS else 1):
            run = RunContext(day, str(uuid.uuid4()), datetime.combine(day, time(hour, 17, 1, 204_117 + back), UTC))
            recorded, kept = (0, done) if hour else (done, 0)
            seconds = 181.4 if failures else 0.21 if hour else 1.62
            rows += [failure_row(run, failure) for failure in failures]
            rows.append(run_row(RunResult(run, seconds, recorded, kept, tuple(failures)), version="playground"))
    return rows


def _unavailable() -> PartnerUnavailable:
    ids = Ids(str(uuid.uuid4()), str(uuid.uuid4()))
    return PartnerUnavailable("Partner Center answered 503 until the time limit of 180 s.", ids=ids)
