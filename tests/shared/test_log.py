"""The lines that alerts depend on: a marker, a space, JSON, all on one line."""

import json
import logging
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.log import LOGGER, Marker, log_event, log_warning, quieten_libraries


@pytest.mark.parametrize("marker", Marker, ids=lambda marker: marker.value)
def test_a_marked_line_is_the_marker_and_json(marker: Marker, caplog: pytest.LogCaptureFixture) -> None:
    """Alerts look for the first word and parse what follows it; the host keeps nothing but the formatted text."""
    with caplog.at_level(logging.INFO, LOGGER.name):
        log_event(marker, account="Contoso", failed=0, seconds=1.5)
    first, _, rest = caplog.messages[0].partition(" ")
    assert first == marker.value
    assert json.loads(rest) == {"account": "Contoso", "failed": 0, "seconds": 1.5}


@pytest.mark.parametrize(
    ("marker", "level"),
    [
        (Marker.RECORDED, logging.INFO),
        (Marker.KEPT, logging.INFO),
        (Marker.RUN, logging.INFO),
        (Marker.SECRET_EXPIRING, logging.WARNING),
        (Marker.CREDIT_USED, logging.WARNING),
        (Marker.CREDIT_UNKNOWN, logging.WARNING),
        (Marker.FAILED, logging.ERROR),
        (Marker.ARCHIVE_FAILED, logging.ERROR),
        (Marker.LEDGER_FAILED, logging.ERROR),
    ],
)
def test_the_level_tells_how_bad_it_is(marker: Marker, level: int, caplog: pytest.LogCaptureFixture) -> None:
    """What needs a person is a warning or an error, so that a filter by severity finds it."""
    with caplog.at_level(logging.INFO, LOGGER.name):
        log_event(marker)
    assert caplog.records[0].levelno == level


@pytest.mark.parametrize("name", ["two\nlines", "a\r\nb", "a\u2028b\u2029c\x85d\x0be", "%s %d %", '"quoted"', "😀"])
def test_a_marked_line_stays_one_line(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """A line break, a percent sign or a quote in a name can neither cut a line in two nor forge another one."""
    log_event(Marker.FAILED, account=name)
    line = caplog.messages[0]
    assert len(line.splitlines()) == 1
    assert line.isascii()
    assert json.loads(line.partition(" ")[2]) == {"account": name}


def test_a_field_that_is_none_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """An absent request id is absent, not null; zero and empty are values."""
    log_event(Marker.FAILED, requestId=None, failed=0, currency="")
    assert json.loads(caplog.messages[0].partition(" ")[2]) == {"failed": 0, "currency": ""}


def test_a_field_of_another_type_is_text(caplog: pytest.LogCaptureFixture) -> None:
    """A row that another tool wrote may hold a GUID or a time where the job writes text; the day is complete all the same."""
    guid, day = UUID(int=7), datetime(2026, 11, 23, tzinfo=UTC)
    log_event(Marker.FAILED, requestId=guid, correlationId=day)
    fields = json.loads(caplog.messages[0].partition(" ")[2])
    assert fields == {"requestId": str(guid), "correlationId": str(day)}


@pytest.mark.parametrize("letter", ["x", "\u00e9", "\U0001f600"])
def test_a_long_message_is_cut_and_the_line_stays_json(letter: str, caplog: pytest.LogCaptureFixture) -> None:
    """At 8,000 characters, however many a letter takes; the code comes first, and the remedy is whole."""
    remedy = "r" * 600
    log_event(Marker.FAILED, account=letter * 100, message=letter * 6000, remedy=remedy, code="c", mayPass=False)
    line = caplog.messages[0]
    assert len(line) <= 8_000
    fields = json.loads(line.partition(" ")[2])
    assert list(fields)[:2] == ["code", "mayPass"]
    assert fields["remedy"] == remedy
    assert fields["message"].startswith(letter * 100)


def test_a_remark_is_a_warning_without_a_marker(caplog: pytest.LogCaptureFixture) -> None:
    """No alert takes a remark for one of its lines."""
    log_warning("details is no list and is left out", account="a\nb")
    record = caplog.records[0]
    assert record.levelno == logging.WARNING
    assert caplog.messages == ['details is no list and is left out {"account": "a\\nb"}']
    assert not any(caplog.messages[0].startswith(marker.value) for marker in Marker)


def test_the_azure_sdk_is_kept_quiet() -> None:
    """The SDK's line for every request stays out of logs that are paid by volume; its warnings stay in."""
    azure = logging.getLogger("azure")
    before = azure.level
    try:
        quieten_libraries()
        http = logging.getLogger("azure.core.pipeline.policies.http_logging_policy")
        assert not http.isEnabledFor(logging.INFO)
        assert http.isEnabledFor(logging.WARNING)
    finally:
        azure.setLevel(before)
