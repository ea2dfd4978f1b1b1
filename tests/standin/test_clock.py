"""The simulated time."""

from datetime import UTC, datetime, timedelta

from standin.clock import Clock


def test_it_starts_at_real_time() -> None:
    """Nothing is simulated unless asked for."""
    before = datetime.now(UTC)
    assert before <= Clock().now() <= datetime.now(UTC)


def test_advancing_adds_up() -> None:
    """Two steps of a day are two days."""
    clock = Clock()
    clock.advance(days=1)
    clock.advance(days=1, seconds=5)
    assert timedelta(days=2) < clock.now() - datetime.now(UTC) <= timedelta(days=2, seconds=5)


def test_a_moment_can_be_set_and_taken_back() -> None:
    """After `reset` the clock is real again."""
    clock = Clock()
    clock.set(datetime(2030, 5, 6, tzinfo=UTC))
    assert f"{clock.now():%Y-%m-%d}" == "2030-05-06"
    clock.reset()
    assert clock.now() - datetime.now(UTC) <= timedelta()
