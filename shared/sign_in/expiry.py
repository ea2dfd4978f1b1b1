"""When a secret's expiry is reported, early enough for someone to act."""

from datetime import datetime

WARNING_DAYS = (30, 14)
DAILY_FROM = 7


def days_left(expires_on: datetime, now: datetime) -> int:
    """Return the whole days until expiry, by UTC date; negative after it."""
    return (expires_on.date() - now.date()).days


def in_words(days: int) -> str:
    """Return the days as a predicate, such as `expires in 3 days`."""
    count = "1 day" if abs(days) == 1 else f"{abs(days)} days"
    return "expires today" if days == 0 else f"expires in {count}" if days > 0 else f"expired {count} ago"


def is_warning_due(days: int) -> bool:
    """Return whether a warning is due: 30 and 14 days before expiry, and daily from 7 days on, even afterwards."""
    return days in WARNING_DAYS or days <= DAILY_FROM


def expiry_sentence(what: str, end: datetime | None, now: datetime) -> str:
    """Return a sentence that says when something expired, or an empty text if it has not, as far as is known."""
    return "" if end is None or end > now else f"{what} expired on {end:%Y-%m-%d}. "
