"""The lines that alerts depend on: a marker, a space and JSON, all on one line."""

import json
import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.log import LOGGER, Marker, log_event, log_warning, quieten_libraries

GUID, MOMENT = UUID(int=7), datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "written"),
    [
        ({"account": "Contoso", "percent": 1.5}, {"account": "Contoso", "percent": 1.5}),
        ({"requestId": None, "failed": 0, "currency": ""}, {"failed": 0, "currency": ""}),
        ({"account": "x", "code": "c", "mayPass": False}, {"code": "c", "mayPass": False, "account": "x"}),
        # Another tool may have written a value of another type; the day is complete all the same.
        ({"a": GUID, "b": MOMENT}, {"a": str(GUID), "b": str(MOMENT)}),
        *(
            ({"account": name}, {"account": name})
            for name in ("two\nlines", "a\u2028b\x85d\x0be", "%s %d %", '"q"', "😀")
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("marker", "level"),
    [(Marker.FAILED, logging.ERROR), (Marker.CREDIT_USED, logging.WARNING), (Marker.RUN, logging.INFO)],
)
def test_a_marked_line_is_the_marker_and_json(
    caplog: pytest.LogCaptureFixture, marker: Marker, level: int, fields: dict[str, Any], written: dict[str, Any]
) -> None:
    """No field can split the line or forge another one. None is left out, and the code comes first."""
    with caplog.at_level(logging.INFO, LOGGER.name):
        log_event(marker, **fields)
    (line,) = caplog.messages
    first, _, rest = line.partition(" ")
    assert (first, list(json.loads(rest).items())) == (marker.value, list(written.items()))
    assert caplog.records[0].levelno == level
    assert line.isascii()
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize("letter", ["x", "\u00e9", "\U0001f600"])
def test_a_long_message_is_truncated_and_the_line_stays_json(letter: str, caplog: pytest.LogCaptureFixture) -> None:
    """At 8,000 characters, however many a letter takes; the remedy is complete."""
    remedy = "r" * 600
    log_event(Marker.FAILED, account=letter * 100, message=letter * 20_000, remedy=remedy, code="c", mayPass=False)
    (line,) = caplog.messages
    assert len(line) <= 8_000
    fields = json.loads(line.partition(" ")[2])
    assert list(fields)[:2] == ["code", "mayPass"]
    assert fields["remedy"] == remedy
    assert fields["message"].startswith(letter * (7_000 if letter == "x" else 100))


def test_a_remark_is_a_warning_without_a_marker(caplog: pytest.LogCaptureFixture) -> None:
    """No alert mistakes a remark for one of its lines."""
    log_warning("details is no list and was left out", account="a\nb")
    assert caplog.records[0].levelno == logging.WARNING
    assert caplog.messages == ['details is no list and was left out {"account": "a\\nb"}']


def test_the_azure_sdk_is_kept_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's line per request is left out of logs that are billed by volume; its warnings stay."""
    azure = logging.getLogger("azure")
    monkeypatch.setattr(azure, "level", azure.level)
    quieten_libraries()
    http = logging.getLogger("azure.core.pipeline.policies.http_logging_policy")
    assert not http.isEnabledFor(logging.INFO)
    assert http.isEnabledFor(logging.WARNING)
