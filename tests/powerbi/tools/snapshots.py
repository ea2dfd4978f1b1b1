"""The recorded rows as plain values, and the views in which they are looked at."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tests.powerbi.tools.demo import FIRST_DAY, NEWEST_DAY, Row

PARTS = {"recurring": "Recurring", "onetime": "One-time"}


@dataclass(frozen=True)
class View:
    """What is in view: chosen accounts and currencies (empty: all), the period of the slicer, and one point of a chart."""

    accounts: frozenset[str] = frozenset()
    currencies: frozenset[str] = frozenset()
    period: tuple[date, date] = (FIRST_DAY, NEWEST_DAY)
    day: date | None = None

    @property
    def first(self) -> date:
        """The first day that counts."""
        return self.day or self.period[0]

    @property
    def last(self) -> date:
        """The last day that counts."""
        return self.day or self.period[1]

    def words(self) -> str:
        """Describe the view for a reader."""
        parts = [
            " + ".join(sorted(self.accounts)) or "all accounts",
            " + ".join(sorted(self.currencies)) or "all currencies",
        ]
        if self.day:
            parts.append(f"on {self.day}")
        elif self.period != (FIRST_DAY, NEWEST_DAY):
            parts.append(f"{self.period[0]} to {self.period[1]}")
        return ", ".join(parts)


@dataclass(frozen=True)
class Snapshot:
    """One row."""

    account: str
    day: date
    currency: str
    balance: Decimal
    limit: Decimal | None
    booked: date | None
    parts: dict[str, Decimal] | None
    retrieved: datetime
    imported: bool


def snapshot(row: Row) -> Snapshot:
    """Read one row."""
    parts: dict[str, Decimal] | None = None
    if "Details" in row:
        parts = {}
        for item in json.loads(row["Details"], parse_float=Decimal, parse_int=Decimal):
            kind = PARTS.get(item["invoiceType"].lower().replace("_", ""), "Other")
            parts[kind] = parts.get(kind, Decimal()) + item["summary"]["balanceAmount"]
    booked = row.get("AccountingDate")
    return Snapshot(
        account=row["AccountName"],
        day=date.fromisoformat(row["SnapshotDate"]),
        currency=row["CurrencyCode"],
        balance=Decimal(row["BalanceText"]),
        limit=Decimal(str(row["CreditLimit"])) if "CreditLimit" in row else None,
        booked=booked.date() if booked else None,
        parts=parts,
        retrieved=row["RetrievedAt"].replace(tzinfo=None),
        imported=row["Source"] == "imported",
    )
