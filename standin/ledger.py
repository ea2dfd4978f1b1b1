"""The playground's ledger of runs: one run per day, every hour in the last week and on days that failed."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from shared.errors import PartnerUnavailable
from shared.history.row import Entity
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
            rows += _run(day, start, accounts, missed)
    return rows


def _run(day: date, start: datetime, accounts: Sequence[Account], missed: Sequence[Account]) -> list[Entity]:
    run_id = str(uuid.uuid4())
    row_key = f"{start:%Y-%m-%dT%H:%M:%S.%fZ}_{run_id}"
    done = len(accounts) - len(missed)
    first = start.hour == 0
    run: Entity = {
        "PartitionKey": "run",
        "RowKey": row_key,
        "SnapshotDate": day.isoformat(),
        "StartedAt": start,
        "Seconds": 181.4 if missed else 1.62 if first else 0.21,
        "Accounts": len(accounts),
        "Recorded": done if first else 0,
        "Kept": 0 if first else done,
        "Failed": len(missed),
        "Trigger": "timer",
        "PastDue": False,
        "Version": "playground",
        "SchemaVersion": 1,
    }
    return [*(_failure(account, day, row_key, run_id) for account in missed), run]


def _failure(account: Account, day: date, row_key: str, run_id: str) -> Entity:
    return {
        "PartitionKey": account.tenant_id,
        "RowKey": row_key,
        "SnapshotDate": day.isoformat(),
        "AccountName": account.name,
        "Code": PartnerUnavailable.code,
        "TransientError": True,
        "Message": _MESSAGE,
        "Remedy": PartnerUnavailable.usual_remedy,
        "RequestId": str(uuid.uuid4()),
        "CorrelationId": str(uuid.uuid4()),
        "RunId": run_id,
        "SchemaVersion": 1,
    }
