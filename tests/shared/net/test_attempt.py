"""The time limit of one attempt."""

from types import SimpleNamespace

import pytest

from shared.net import attempt as attempt_module
from shared.net.attempt import attempt, current_attempt


def test_a_nested_attempt_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetching a token during a call takes none of the call's time."""
    time = SimpleNamespace(now=0.0)
    time.monotonic = lambda: time.now
    monkeypatch.setattr(attempt_module, "time", time)
    with attempt(10) as outer:
        time.now = 3.0
        with attempt(20) as inner:
            assert current_attempt() is inner
            time.now = 15.0
            assert inner.seconds_left() == 8
        assert current_attempt() is outer
        assert (outer.seconds_left(), outer.nested_seconds) == (7, 12)
        time.now = 22.0
        with pytest.raises(TimeoutError):
            outer.seconds_left()
