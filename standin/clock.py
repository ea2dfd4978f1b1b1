"""The time of the simulated world: the ages of refresh tokens and secrets, never the validity of certificates."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Real time plus an offset that tests move forward. All times are aware, in UTC."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        """Return the simulated present."""
        return datetime.now(UTC) + self._offset

    def advance(self, *, days: float = 0, seconds: float = 0) -> None:
        """Move the present forward."""
        self._offset += timedelta(days=days, seconds=seconds)

    def set(self, moment: datetime) -> None:
        """Make `moment` (aware) the present; time goes on from there."""
        self._offset = moment - datetime.now(UTC)

    def reset(self) -> None:
        """Return to real time."""
        self._offset = timedelta()
