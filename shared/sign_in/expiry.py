"""Seeing the end of a secret coming, early enough for a person to act."""

from datetime import datetime

WARNING_DAYS = (30, 14)
DAILY_FROM = 7


def days_left(expires_on: datetime, now: datetime) -> int:
    """Return the whole days, by UTC date, until the end; negative when it is over."""
    return (expires_on.date() - now.date()).days


def in_words(days: int) -> str:
    """Say so many days as a sentence's end: `expires in 3 days`."""
    count = "1 day" if abs(days) == 1 else f"{abs(days)} days"
    return "expires today" if days == 0 else f"expires in {count}" if days > 0 else f"expired {count} ago"


def is_warning_due(days: int) -> bool:
    """Whether a warning is due with so many days left: at 30 and 14, and daily from 7 on, past the end too."""
    return days in WARNING_DAYS or days <= DAILY_FROM


def expiry_sentence(what: str, end: datetime | None, now: datetime) -> str:
    """Return the sentence that says when something expired; nothing when it has not, as far as is known."""
    return "" if end is None or end > now else f"{what} expired on {end:%Y-%m-%d}. "
