"""Attempts, waits and time limits of one logical call."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import PartnerAccessDenied, PartnerBadResponse, PartnerThrottled, PartnerUnavailable, TransientError
from shared.net.attempt import NoAnswerError, UnreadableAnswerError, current_attempt
from shared.net.refusal import Refusal, RefusedError
from shared.net.retry import Retry, retry_after_seconds
from shared.net.service import AZURE, Call, Limits
from shared.partner_center.refusals import PARTNER_CENTER

NOW = datetime(2026, 11, 23, 6, 17, tzinfo=UTC)


@dataclass
class Time:
    """A clock that only advances when somebody sleeps, and records how long."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)
    made: int = 0

    def sleep(self, seconds: float) -> None:
        """Advance the time at once."""
        assert seconds >= 0
        self.slept.append(seconds)
        self.now += seconds

    def retry(self, *, seconds: float = 1500, jitter: Callable[[float, float], float] = max) -> Retry:
        """Return a retry layer with this clock; by default, `jitter` chooses the longest wait."""
        deadline = self.now + seconds
        return Retry(deadline=deadline, clock=lambda: self.now, sleep=self.sleep, jitter=jitter, now=lambda: NOW)

    def play(self, *outcomes: Exception | str, retry: Retry | None = None) -> str:
        """Make a call whose attempts have these outcomes: an error to raise, or a value to return."""
        left = iter(outcomes)

        def attempt() -> str:
            self.made += 1
            outcome = next(left)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return (retry or self.retry()).call(attempt, call_of(AZURE))


def transient(retry_after: str | None = None, status: int = 429) -> RefusedError:
    """Return a transient refusal."""
    return RefusedError(Refusal(status, retry_after=retry_after))


def call_of(limits: Limits) -> Call:
    """Return a call to Partner Center with these limits."""
    return Call(replace(PARTNER_CENTER, limits=limits), "GET x")


BROKEN = NoAnswerError("the response was cut off")


@pytest.mark.parametrize(
    ("outcomes", "slept"),
    [(["fine"], []), ([transient(), transient(), transient(), "fine"], [1, 2, 4]), ([BROKEN, BROKEN, "fine"], [1, 2])],
    ids=["at once", "refused", "broken off"],
)
def test_a_transient_failure_is_retried(outcomes: list[Exception | str], slept: list[float]) -> None:
    """The waits double, at most 1, 2 and 4 seconds. A response that broke off may be complete the next time."""
    time = Time()
    retry = time.retry()
    assert time.play(*outcomes, retry=retry) == "fine"
    assert (time.made, retry.retries, time.slept) == (len(outcomes), len(slept), slept)


@pytest.mark.parametrize(
    ("last", "message"), [(transient(status=503), "GET x answered 503"), (BROKEN, "GET x: the response was cut off")]
)
def test_the_last_attempts_error_is_raised_after_four(last: Exception, message: str) -> None:
    """There is no wait after the last attempt, and no other error hides the cause."""
    time = Time()
    with pytest.raises(PartnerUnavailable, match=message):
        time.play(transient(), transient(), transient(), last)
    assert (time.made, time.slept) == (4, [1, 2, 4])


@pytest.mark.parametrize(
    ("final", "error"),
    [
        (PartnerAccessDenied("no"), PartnerAccessDenied),
        (ValueError("defect"), ValueError),
        (TimeoutError("its own"), TimeoutError),
        (NoAnswerError("not trusted", may_pass=False, remedy="Trust it."), PartnerUnavailable),
        (UnreadableAnswerError("a redirect"), PartnerBadResponse),
    ],
    ids=repr,
)
def test_a_permanent_failure_is_not_retried(final: Exception, error: type[Exception]) -> None:
    """Our own error, a defect, an untrusted certificate, a response from something other than the service."""
    time = Time()
    with pytest.raises(error) as raised:
        time.play(final)
    assert (time.made, time.slept) == (1, [])
    assert raised.value is final or str(final) in str(raised.value)
    if isinstance(final, NoAnswerError):
        failed = vars(raised.value)
        assert (failed["remedy"], failed["may_pass"]) == (final.remedy, False)


def test_jitter_shortens_a_wait_by_up_to_a_half() -> None:
    """Many clients that failed together do not return together, and nobody waits longer than planned; the default is random."""
    time = Time()
    time.play(transient(), transient(), transient(), "fine", retry=time.retry(jitter=min))
    assert time.slept == [0.5, 1, 2]
    time.slept.clear()
    retry = Retry(deadline=1e9, now=lambda: NOW, clock=lambda: time.now, sleep=time.sleep)
    for _ in range(50):
        time.play(transient(), "fine", retry=retry)
    assert all(0.5 <= wait <= 1 for wait in time.slept)
    assert len(set(time.slept)) > 1


TOO_LATE = ("60", "3600", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT")


@pytest.mark.parametrize(
    ("header", "slept"),
    [(" 7 ", [7]), ("0", [1]), ("Mon, 23 Nov 2026 06:17:12 GMT", [12]), *((header, []) for header in TOO_LATE)],
)
def test_retry_after_is_honored(header: str, slept: list[float]) -> None:
    """In seconds or as a date, it lengthens our own wait and never shortens it. Beyond the budget, it ends the call at once."""
    time = Time()
    with nullcontext() if slept else pytest.raises(PartnerThrottled):
        time.play(transient(header), "fine")
    assert (time.made, time.slept) == (1 + len(slept), slept)


def test_the_runs_end_cuts_the_budget() -> None:
    """A call that starts shortly before it does not run past it; after it, no call is made, and the error says so."""
    time = Time()
    retry = time.retry(seconds=2.5)
    with pytest.raises(PartnerThrottled):
        time.play(transient(), transient(), "never", retry=retry)
    assert time.slept == [1]
    time.now += 10
    with pytest.raises(PartnerUnavailable, match="not called"):
        time.play("never", retry=retry)
    assert time.made == 2


def test_a_nested_calls_time_does_not_count() -> None:
    """The identity is called during a vault call and may take its own minute, but not past the run's end."""
    time = Time()

    def attempt() -> str:
        time.made += 1
        time.now += 30
        current_attempt().nested_seconds = 30
        if time.made < 4:
            raise BROKEN
        return "fine"

    assert time.retry().call(attempt, call_of(AZURE)) == "fine"
    time.made = 0
    with pytest.raises(PartnerUnavailable):
        time.retry(seconds=70).call(attempt, call_of(AZURE))


DURATIONS = st.floats(0, 200)
WISHES = st.none() | st.integers(0, 300).map(str) | st.just("soon")


@given(
    steps=st.lists(st.tuples(DURATIONS, WISHES), min_size=4, max_size=4),
    total=st.floats(0.1, 200),
    attempt=st.floats(0.1, 200),
    seconds=st.floats(-5, 250),
    share=st.floats(0, 1),
)
def test_no_limit_is_ever_exceeded(
    steps: list[tuple[float, str | None]], total: float, attempt: float, seconds: float, share: float
) -> None:
    """Whatever the attempts' durations and Retry-After: the call's budget, the run's end and four attempts all hold."""
    time = Time()
    began = []

    def failing() -> str:
        try:
            patience = current_attempt().seconds_left()
        except TimeoutError:  # an attempt of less than a microsecond
            raise NoAnswerError("no response arrived in time") from None
        assert patience <= attempt
        began.append(time.now)
        duration, wish = steps[len(began) - 1]
        time.now += min(duration, patience)
        if duration > patience:
            raise NoAnswerError("no response arrived in time")
        raise transient(wish)

    start = time.now
    retry = time.retry(seconds=seconds, jitter=lambda low, high: low + (high - low) * share)
    with pytest.raises(TransientError):
        retry.call(failing, call_of(Limits(attempt=attempt, total=total)))
    tolerance = 1e-6
    assert time.now - start <= max(0, min(total, seconds)) + tolerance
    assert len(began) <= 4
    assert all(moment < start + seconds for moment in began)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("\u00b2", None),
        ("-5", None),
        ("1.5", None),
        ("Wed, 21 Oct 2015 07:28:00 +" + "9" * 30, None),
        ("Sun, 22 Nov 2026 06:17:00 GMT", 0),
        ("Mon, 23 Nov 2026 08:17:30 +0200", 30),
        ("Mon, 23 Nov 2026 06:17:30 -0000", 30),
    ],
)
def test_a_date_is_read_in_its_zone(header: str | None, seconds: float | None) -> None:
    """UTC if there is none, as the HTTP standard says; an impossible date is ignored."""
    assert retry_after_seconds(header, NOW) == seconds


@given(st.text(max_size=60) | st.from_regex(r"\A\w{3}, \d{1,30} \w{3} \d{1,30} \d\d:\d\d:\d\d [+-]?\w{1,30}\Z"))
def test_any_retry_after_is_read_or_ignored(header: str) -> None:
    """A header is untrusted text, and nothing in it may break the run."""
    wish = retry_after_seconds(header, NOW)
    assert wish is None or wish >= 0


def test_the_limits_are_those_of_the_contract() -> None:
    """Partner Center is slow; everything else has a minute."""
    assert Limits(attempt=150, total=180, attempts=4) == PARTNER_CENTER.limits
    assert Limits(attempt=20, total=60, attempts=4) == AZURE
