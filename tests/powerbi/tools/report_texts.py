"""What the report's visuals say of the demo's rows, as text: the values of cards and the cells of tables."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from tests.powerbi.tools import demo, pbir
from tests.powerbi.tools.meaning import MEASURES, History
from tests.powerbi.tools.snapshots import View
from tests.powerbi.tools.worked_examples import in_words

BLANK = "-"
LONGEST_CELL = 20
MONEY = frozenset(name for name in MEASURES if name.endswith(("balance", "part", "parts", "limit")) or "Change" in name)


class ReportTexts:
    """The texts of one page; `view` is the choice of its slicers."""

    def __init__(self, history: History, rows: Sequence[demo.Row], view: View) -> None:
        self.history = history
        self.rows = rows
        self.view = view
        self._symbols = {row["CurrencyCode"]: row["CurrencySymbol"] for row in rows if "CurrencySymbol" in row}

    @property
    def days(self) -> list[date]:
        """The days of the period."""
        return [
            self.view.first + timedelta(days=number) for number in range((self.view.last - self.view.first).days + 1)
        ]

    def at(self, *, account: str | None = None, day: date | None = None) -> View:
        """Return the view of one account or day of the page."""
        accounts = frozenset({account}) if account else self.view.accounts
        return View(accounts, self.view.currencies, self.view.period, day)

    def value(self, measure: str, view: View) -> str:
        """Return a measure in words; amounts carry their currency."""
        value = MEASURES[measure](self.history, view)
        if value is None:
            return BLANK
        words = in_words(value, measure)
        if measure not in MONEY:
            return words
        (code,) = self.history.currencies(view)
        sign = "-" if words.startswith("-") else ""
        return f"{sign}{self._symbols.get(code, '')}{words.lstrip('-')} {code}"

    def balances(self, account: str) -> list[float]:
        """Return an account's balance on each day of the period; NaN where it has none."""
        values = (MEASURES["Current balance"](self.history, self.at(account=account, day=day)) for day in self.days)
        return [float(value) if isinstance(value, Decimal) else float("nan") for value in values]

    def cells(self, visual: pbir.Visual) -> list[list[str]]:
        """Return the lines of a table: of rows, of one line of measures, or of accounts."""
        if all(field.kind == "Measure" for field in visual.fields):
            return [[self.value(field.name, self.view) for field in visual.fields]]
        if all(field.table == "Balances" for field in visual.fields):
            shown = [row for row in self.rows if row["CurrencyCode"] in self.view.currencies]
            newest = sorted(shown, key=lambda row: (row["SnapshotDate"], row["PartitionKey"]), reverse=True)
            return [[_short(row.get(field.name, "")) for field in visual.fields] for row in newest]
        lines = []
        for account in self.history.accounts:
            line = [self._account_cell(field, account) for field in visual.fields]
            measures = [cell for cell, field in zip(line, visual.fields, strict=True) if field.kind == "Measure"]
            if set(measures) != {BLANK}:
                lines.append(line)
        return lines

    def _account_cell(self, field: pbir.Field, account: str) -> str:
        if field.kind == "Measure":
            return self.value(field.name, self.at(account=account))
        read = [found.day for found in self.history.snapshots if found.account == account]
        first, last = self.history.accounts[account]
        attributes: dict[str, object] = {
            "Account": account,
            "Currency": ", ".join(self.view.currencies),
            "Status": "Active" if last == self.history.newest else "Retired",
            "First day": min(read),
            "Last day": max(read),
            "First expected day": first or BLANK,
            "Last expected day": last,
        }
        return str(attributes[field.name])


def _short(value: object) -> str:
    text = f"{value:,.2f}" if isinstance(value, float) else str(value).removesuffix("+00:00")
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 2]}…"
