"""When an expiry deserves a warning."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.sign_in.expiry import days_left, expiry_sentence, in_words, is_warning_due

NOW = datetime(2026, 11, 23, 22, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (datetime(2026, 12, 23, 1, 0, tzinfo=UTC), "expires in 30 days"),
        (datetime(2026, 11, 24, 0, 0, tzinfo=UTC), "expires in 1 day"),
        (datetime(2026, 11, 23, 0, 0, tzinfo=UTC), "expires today"),
        (datetime(2026, 11, 23, 23, 59, tzinfo=UTC), "expires today"),
        (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), "expired 1 day ago"),
        (datetime(2026, 11, 14, 0, 0, tzinfo=UTC), "expired 9 days ago"),
    ],
)
def test_days_are_counted_by_date(end: datetime, words: str) -> None:
    """The hour of the run does not affect which day gets the warning."""
    assert in_words(days_left(end, NOW)) == words


def test_warnings_come_at_30_and_14_and_daily_from_7_on() -> None:
    """Early enough to plan, rare enough to be read, and more urgent at and after the expiry."""
    warned = [days for days in range(60, -4, -1) if is_warning_due(days)]
    assert warned == [30, 14, 7, 6, 5, 4, 3, 2, 1, 0, -1, -2, -3]


def test_what_has_expired_is_called_expired() -> None:
    """From that very moment on; nothing is guessed about an unknown expiry."""
    assert expiry_sentence("It", NOW, NOW) == "It expired on 2026-11-23. "
    assert expiry_sentence("It", NOW + timedelta(seconds=1), NOW) == expiry_sentence("It", None, NOW) == ""
