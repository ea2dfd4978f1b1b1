"""Small words."""


def count(number: int, noun: str) -> str:
    """Return a number and its noun: `1 day`, `2 days`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
