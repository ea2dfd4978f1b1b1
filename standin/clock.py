"""The simulated time: it affects the ages of refresh tokens and secrets, but never the validity of certificates."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Real time plus an offset that tests can increase. All times are aware and in UTC."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        """Return the simulated time."""
        return datetime.now(UTC) + self._offset

    def advance(self, *, days: float = 0, seconds: float = 0) -> None:
        """Move the simulated time forward."""
        self._offset += timedelta(days=days, seconds=seconds)

    def set(self, moment: datetime) -> None:
        """Set the simulated time to `moment` (aware). It runs on from there."""
        self._offset = moment - datetime.now(UTC)

    def reset(self) -> None:
        """Return to real time."""
        self._offset = timedelta()
