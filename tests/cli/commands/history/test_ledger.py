"""What the ledger says of missing days."""

from datetime import UTC, date, datetime

from cli.commands.history.gaps import Gap, explain
from cli.commands.history.missed_reasons import Reason


def failed(day: int, runs: int, code: str = "partner-unavailable") -> Reason:
    """Return why a day of January is missing."""
    return Reason(code, runs, datetime(2026, 1, day, 0, 17, tzinfo=UTC), datetime(2026, 1, day, 23, 17, tzinfo=UTC))


def test_days_of_one_reason_are_one_gap() -> None:
    """Its runs are added up, its times are the first and the last; another reason, or none, begins a gap of its own."""
    reasons = {3: failed(3, 24), 4: failed(4, 23), 5: failed(5, 1, "table-unreachable"), 6: Reason(), 7: Reason()}
    gap = Gap(date(2026, 1, 1), date(2026, 1, 7))
    found = explain(gap, lambda day: reasons[day.day], date(2026, 1, 3))
    assert [str(part) for part in found] == [
        "2026-01-01 to 2026-01-02 (2 days)",
        "2026-01-03 to 2026-01-04 (2 days): partner-unavailable: 47 runs tried, from 2026-01-03 00:17 to 2026-01-04 23:17",
        "2026-01-05: table-unreachable: 1 run tried, at 00:17",
        "2026-01-06 to 2026-01-07 (2 days): no run left a record",
    ]
