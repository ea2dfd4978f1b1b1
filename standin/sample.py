"""The documented sample responses for Partner Center's invoice summary, and exact JSON amounts.

https://learn.microsoft.com/partner-center/developer/get-the-reseller-s-current-account-balance
https://learn.microsoft.com/partner-center/developer/get-invoice-summaries
"""

import json
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

BALANCE = Decimal("68059.03")
_MARK = "\ue000"


def exact_json(document: Any) -> str:
    """Return `document` as compact JSON in which every Decimal is a number, digit for digit."""
    text = json.dumps(document, default=_mark, separators=(",", ":"), ensure_ascii=False)
    return re.sub(f'"{_MARK}([^"]*)"', r"\1", text)


def _mark(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{_MARK}{value}"
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def summary(
    balance: Decimal = BALANCE,
    currency: str = "USD",
    symbol: str | None = "$",
    updated: date = date(2018, 3, 16),
) -> dict[str, Any]:
    """Return an InvoiceSummary of two parts that add up to `balance`; without `symbol` (None) as in old responses."""
    one_time = (balance / 4).quantize(balance) if balance.is_finite() else balance
    document = _part(balance, currency, symbol, updated)
    document["details"] = [
        {"invoiceType": "Recurring", "summary": _part(balance - one_time, currency, symbol, updated)},
        {"invoiceType": "OneTime", "summary": _part(one_time, currency, symbol, updated)},
    ]
    document["links"] = {"self": {"uri": "/invoices/summary", "method": "GET", "headers": []}}
    document["attributes"] = {"objectType": "InvoiceSummary"}
    return document


def summaries(items: Sequence[Any]) -> dict[str, Any]:
    """Return the collection with one summary per currency."""
    return {
        "totalCount": len(items),
        "items": list(items),
        "links": {"self": {"uri": "/invoices/summaries", "method": "GET", "headers": []}},
        "attributes": {"objectType": "Collection"},
    }


def _part(balance: Decimal, currency: str, symbol: str | None, updated: date) -> dict[str, Any]:
    part = {
        "balanceAmount": balance,
        "currencyCode": currency,
        "currencySymbol": symbol,
        "accountingDate": f"{updated}T00:00:00",
        "firstInvoiceCreationDate": "2017-01-21T00:00:00Z",
        "latestInvoiceDate": "2018-03-08T00:00:00Z",
        "lastPaymentDate": "0001-01-01T00:00:00",
        "lastPaymentAmount": 0,
    }
    return {name: value for name, value in part.items() if value is not None}
