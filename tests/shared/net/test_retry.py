"""Attempts, waits and time limits of one logical call."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import PartnerAccessDenied, PartnerThrottled, PartnerUnavailable, TransientError
from shared.net.attempt import NoAnswerError, UnreadableAnswerError, current_attempt
from shared.net.refusal import Refusal, RefusedError
from shared.net.retry import Retry, retry_after_seconds
from shared.net.service import AZURE, PARTNER_CENTER, Call, Limits
from shared.partner_center.refusals import partner_center

NOW = datetime(2026, 11, 23, 6, 17, tzinfo=UTC)
LIMITS = Limits(attempt=20, total=60)


@dataclass
class Time:
    """A clock that only moves when somebody sleeps, and remembers how long."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        """Return the seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        assert seconds >= 0
        self.slept.append(seconds)
        self.now += seconds

    def retry(self, *, seconds: float = 1500, jitter: Callable[[float, float], float] = max) -> Retry:
        """Return a retry layer over this time; `jitter` takes the longest wait by default."""
        return Retry(deadline=self.now + seconds, clock=self.clock, sleep=self.sleep, jitter=jitter, now=lambda: NOW)


class Attempts:
    """An attempt that goes through a list of outcomes: an error to raise, or a value to return."""

    def __init__(self, *outcomes: Exception | str) -> None:
        self._outcomes: Iterator[Exception | str] = iter(outcomes)
        self.made = 0

    def __call__(self) -> str:
        """Make the next attempt."""
        self.made += 1
        outcome = next(self._outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def again(retry_after: str | None = None, status: int = 429) -> RefusedError:
    """Return a refusal that may pass."""
    return RefusedError(Refusal(status, retry_after=retry_after))


def call_of(limits: Limits) -> Call:
    """Return a call of Partner Center with these limits."""
    return Call(replace(partner_center(with_user=False), limits=limits), "GET x")


CALL = call_of(LIMITS)


def test_a_success_needs_no_second_attempt() -> None:
    """Nothing is waited for when all is well."""
    time, attempts = Time(), Attempts("fine")
    assert time.retry().call(attempts, CALL) == "fine"
    assert (attempts.made, time.slept) == (1, [])


def test_a_passing_failure_is_healed() -> None:
    """The waits double, at their longest 1, 2 and 4 seconds."""
    time, attempts = Time(), Attempts(again(), again(), again(), "fine")
    assert time.retry().call(attempts, CALL) == "fine"
    assert time.slept == [1, 2, 4]


def test_the_last_attempts_error_is_raised_after_four() -> None:
    """At most four attempts, and no wait after the last; no other error hides the cause."""
    time, attempts = Time(), Attempts(again(), again(), again(), again(status=503))
    with pytest.raises(PartnerUnavailable, match="GET x answered 503"):
        time.retry().call(attempts, CALL)
    assert (attempts.made, time.slept) == (4, [1, 2, 4])


@pytest.mark.parametrize("error", [PartnerAccessDenied("no"), ValueError("defect"), TimeoutError("its own")], ids=repr)
def test_what_cannot_heal_is_not_repeated(error: Exception) -> None:
    """An error of ours or a defect is final at once; a TimeoutError of its own is not a missing answer."""
    time, attempts = Time(), Attempts(error)
    with pytest.raises(type(error)) as raised:
        time.retry().call(attempts, CALL)
    assert raised.value is error
    assert (attempts.made, time.slept) == (1, [])


def test_jitter_shortens_a_wait_by_up_to_a_half() -> None:
    """Many that failed together do not return together, and nobody waits longer than the plan."""
    asked = []

    def jitter(low: float, high: float) -> float:
        asked.append((low, high))
        return low

    time = Time()
    time.retry(jitter=jitter).call(Attempts(again(), again(), again(), "fine"), CALL)
    assert asked == [(0.5, 1.0)] * 3
    assert time.slept == [0.5, 1, 2]


def test_the_default_jitter_differs_and_keeps_its_bounds() -> None:
    """The constructor's default is the real source of chance."""
    time = Time()
    retry = Retry(deadline=1e9, now=lambda: NOW, clock=time.clock, sleep=time.sleep)
    for _ in range(50):
        retry.call(Attempts(again(), "fine"), CALL)
    assert all(0.5 <= wait <= 1 for wait in time.slept)
    assert len(set(time.slept)) > 1


@pytest.mark.parametrize(
    ("header", "waits"),
    [
        ("7", [7]),
        (" 0 ", [1]),
        (format_datetime(NOW + timedelta(seconds=12), usegmt=True), [12]),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), [1]),
        ("soon", [1]),
        ("-5", [1]),
        ("", [1]),
    ],
)
def test_a_wish_to_be_asked_later_is_honoured(header: str, waits: list[float]) -> None:
    """Retry-After as seconds or as a date lengthens our own wait; one that is unreadable, past or 0 does no harm."""
    time = Time()
    time.retry().call(Attempts(again(header), "fine"), CALL)
    assert time.slept == waits


@pytest.mark.parametrize("header", ["60", "3600", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wish_beyond_the_budget_ends_the_call_at_once(header: str) -> None:
    """Waiting for what cannot be in time would only cost time."""
    time, attempts = Time(), Attempts(again(header))
    with pytest.raises(PartnerThrottled):
        time.retry().call(attempts, CALL)
    assert (attempts.made, time.slept) == (1, [])


def test_the_runs_end_cuts_the_budget() -> None:
    """A call that begins shortly before the run's end does not overstep it."""
    time = Time()
    with pytest.raises(PartnerThrottled):
        time.retry(seconds=2.5).call(Attempts(again(), again(), "never"), CALL)
    assert time.slept == [1]


def test_after_the_runs_end_nothing_is_asked() -> None:
    """The error says that it was not asked, so that nobody looks for a broken service."""
    time, attempts = Time(), Attempts("never")
    retry = time.retry(seconds=10)
    time.now += 10
    with pytest.raises(PartnerUnavailable, match="not asked"):
        retry.call(attempts, CALL)
    assert attempts.made == 0


DURATIONS = st.floats(0, 200)
WISHES = st.none() | st.integers(0, 300).map(str) | st.just("soon")


@given(
    steps=st.lists(st.tuples(DURATIONS, WISHES), min_size=4, max_size=4),
    total=st.floats(0.1, 200),
    attempt=st.floats(0.1, 200),
    seconds=st.floats(-5, 250),
    share=st.floats(0, 1),
)
def test_no_limit_is_overstepped_whatever_happens(
    steps: list[tuple[float, str | None]], total: float, attempt: float, seconds: float, share: float
) -> None:
    """Whatever the attempts' durations and the service's wishes: not the call's budget, not the run's end, not four."""
    time = Time()
    began = []
    patient = []

    def failing() -> str:
        try:
            patience = current_attempt().seconds_left()
        except TimeoutError:  # an attempt of less than a microsecond
            raise NoAnswerError("it did not answer in time") from None
        began.append(time.now)
        patient.append(patience)
        duration, wish = steps[len(began) - 1]
        time.now += min(duration, patience)
        if duration > patience:
            raise NoAnswerError("it did not answer in time")
        raise again(wish)

    start = time.now
    retry = time.retry(seconds=seconds, jitter=lambda low, high: low + (high - low) * share)
    with pytest.raises(TransientError):
        retry.call(failing, call_of(Limits(attempt=attempt, total=total)))
    tolerance = 1e-6
    assert time.now - start <= max(0, min(total, seconds)) + tolerance
    assert len(began) <= 4
    assert all(patience <= attempt for patience in patient)
    assert all(moment < start + seconds for moment in began)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("1.5", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 +" + "9" * 30, None),
        ("Mon, 23 Nov 2026 25:00:00 GMT", None),
        ("Mon, 23 Nov 2026 06:17:30 GMT", 30),
        ("Mon, 23 Nov 2026 08:17:30 +0200", 30),
        ("Mon, 23 Nov 2026 06:17:30 -0000", 30),
    ],
)
def test_a_date_is_read_in_its_zone(header: str | None, seconds: float | None) -> None:
    """UTC where it names none, as the HTTP standard says; a date that cannot be is ignored."""
    assert retry_after_seconds(header, NOW) == seconds


@given(st.text(max_size=60) | st.from_regex(r"\A\w{3}, \d{1,30} \w{3} \d{1,30} \d\d:\d\d:\d\d [+-]?\w{1,30}\Z"))
def test_any_retry_after_is_read_or_ignored(header: str) -> None:
    """A header is somebody else's text: nothing in it may break the run."""
    wish = retry_after_seconds(header, NOW)
    assert wish is None or wish >= 0


def test_the_limits_are_those_of_the_contract() -> None:
    """Partner Center is slow; everything else has a minute."""
    assert Limits(attempt=150, total=180, attempts=4) == PARTNER_CENTER
    assert Limits(attempt=20, total=60, attempts=4) == AZURE


def test_no_whole_answer_is_tried_again() -> None:
    """An answer that breaks off may come whole the next time; the error says what happened."""
    time = Time()
    broken = NoAnswerError("its answer broke off")
    assert time.retry().call(Attempts(broken, broken, "fine"), CALL) == "fine"
    with pytest.raises(PartnerUnavailable, match="broke off"):
        time.retry().call(Attempts(*[broken] * 4), CALL)
    assert time.slept == [1, 2, 1, 2, 4]


@pytest.mark.parametrize(
    "final", [NoAnswerError("not trusted", may_pass=False, remedy="Trust it."), UnreadableAnswerError("a redirect")]
)
def test_what_would_end_the_same_way_is_not_tried_again(final: Exception) -> None:
    """A certificate that is not trusted, and an answer that is not the service's."""
    time = Time()
    with pytest.raises(TransientError):
        time.retry().call(Attempts(final), CALL)
    assert time.slept == []
