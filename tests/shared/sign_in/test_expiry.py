"""When the end of a secret is worth a warning."""

from datetime import UTC, datetime

import pytest

from shared.sign_in.expiry import days_left, in_words, is_worth_a_warning

NOW = datetime(2026, 11, 23, 22, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("end", "days"),
    [
        (datetime(2026, 11, 23, 0, 0, tzinfo=UTC), 0),
        (datetime(2026, 11, 23, 23, 59, tzinfo=UTC), 0),
        (datetime(2026, 11, 24, 0, 0, tzinfo=UTC), 1),
        (datetime(2026, 12, 23, 1, 0, tzinfo=UTC), 30),
        (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), -1),
    ],
)
def test_days_are_counted_by_date(end: datetime, days: int) -> None:
    """The hour of the run does not decide which day gets the warning."""
    assert days_left(end, NOW) == days


def test_warnings_come_at_30_and_14_and_daily_from_7_on() -> None:
    """Early enough to plan, rare enough to be read, and louder at the end and past it."""
    warned = [days for days in range(60, -4, -1) if is_worth_a_warning(days)]
    assert warned == [30, 14, 7, 6, 5, 4, 3, 2, 1, 0, -1, -2, -3]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (30, "expires in 30 days"),
        (1, "expires in 1 day"),
        (0, "expires today"),
        (-1, "expired 1 day ago"),
        (-9, "expired 9 days ago"),
    ],
)
def test_days_in_words(days: int, words: str) -> None:
    """As a person says it."""
    assert in_words(days) == words
