"""Log lines: a marker word, a space, and JSON on the same line. Alerts depend on both.

The host keeps only a record's level, text and logger name, so the text contains everything
(azure-functions-python-worker). The fields never include an amount, token, secret or header.
"""

import json
import logging
from enum import StrEnum
from typing import Any

LOGGER = logging.getLogger("partner_balance_snapshots")


class Marker(StrEnum):
    """The first word of a log line that an alert may match."""

    RECORDED = "SNAPSHOT_RECORDED"
    KEPT = "SNAPSHOT_KEPT"
    FAILED = "SNAPSHOT_FAILED"
    SECRET_EXPIRING = "SECRET_EXPIRING"  # noqa: S105 - a word for the log
    CREDIT_USED = "CREDIT_USED"
    CREDIT_UNKNOWN = "CREDIT_UNKNOWN"
    ARCHIVE_FAILED = "ARCHIVE_FAILED"
    LEDGER_FAILED = "LEDGER_FAILED"
    RUN = "SNAPSHOT_RUN"


_LEVELS = {
    **dict.fromkeys((Marker.FAILED, Marker.ARCHIVE_FAILED, Marker.LEDGER_FAILED), logging.ERROR),
    **dict.fromkeys((Marker.SECRET_EXPIRING, Marker.CREDIT_USED, Marker.CREDIT_UNKNOWN), logging.WARNING),
}
"""The other markers are INFO."""

_FIRST = ("code", "mayPass")

MAX_LINE_LENGTH = 7_900
"""Maximum characters of a line's JSON. Application Insights cuts at 32,768, and an alert cannot parse cut JSON."""


def log_event(marker: Marker, **fields: Any) -> None:
    """Write one log line with a marker. Fields that are None are left out."""
    known = {name: fields[name] for name in (*_FIRST, *fields) if fields.get(name) is not None}
    text = json.dumps(known, default=str)
    if len(text) > MAX_LINE_LENGTH and "message" in known:
        kept = len(str(known["message"])) - (len(text) - MAX_LINE_LENGTH)
        text = json.dumps(known | {"message": f"{str(known['message'])[: max(kept, 100)]} ..."}, default=str)
    LOGGER.log(_LEVELS.get(marker, logging.INFO), "%s %s", marker.value, text)


def log_warning(text: str, **fields: Any) -> None:
    """Write a warning that no alert matches."""
    LOGGER.warning("%s %s", text, json.dumps(fields))


def quieten_libraries() -> None:
    """Drop the Azure SDK's log line per request, because logs are billed by volume, unless debug logging is on."""
    if not logging.getLogger().isEnabledFor(logging.DEBUG):
        logging.getLogger("azure").setLevel(logging.WARNING)
