"""The history as one HTML file for people without Power BI: no network, no script, all text escaped."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from pathlib import Path

from cli.commands.history.account import AccountHistory, Reading
from cli.commands.history.charts import Series, as_svg
from cli.commands.history.gaps import Gap
from cli.commands.history.terminal import month_cells
from cli.support.console import RIGHT_ALIGNED, Cells, count
from cli.support.money import Money

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'none'"
"""The page may load only its own style and its own pictures."""

_NOTHING = "-"


class Markup(str):
    """Text that already is HTML; all other text is escaped."""

    __slots__ = ()


def page(accounts: Sequence[AccountHistory], money: Money, about: str) -> str:
    """Return the page; `about` says what it covers and when it was made."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", "Account balances"),
        tag("style", Markup(_STYLE)),
    )
    rows = [_overview_cells(account.label, own[-1], money) for account in accounts for own in account.readings.values()]
    body = tag(
        "body",
        tag("h1", "Account balances"),
        tag("p", about, class_="small"),
        _table(rows) if rows else tag("p", "No history in this period."),
        *(_account(account, money) for account in accounts),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _gap_cells(gap: Gap) -> Cells:
    return {"From": f"{gap.first}", "To": f"{gap.last}", "Days": f"{gap.days}", "Reason": gap.reason or _NOTHING}


def _overview_cells(label: str, latest: Reading, money: Money) -> Cells:
    used = _NOTHING
    if latest.limit and latest.limit_percent is not None:
        percent = latest.limit_percent
        meter = tag("meter", "", min="0", max="100", high="90", value=f"{min(100, max(0, percent)):g}")
        limit = money.rounded(latest.limit, latest.currency, 0)
        used = Markup(f"{tag('span', f'{percent:g} % of {limit} ')}{meter}")
    return {
        "Account": label,
        "Newest day": f"{latest.day}",
        "Balance": money.text(latest.balance, latest.currency),
        "Change": money.change(latest.change, latest.currency) or _NOTHING,
        "Credit used": used,
    }


def _account(account: AccountHistory, money: Money) -> Markup:
    former = "" if account.configured else " (no longer configured)"
    parts = [tag("h2", account.name), tag("p", account.tenant_id + former, class_="small")]
    for currency, readings in account.readings.items():
        chart = b64encode(as_svg(Series(currency, readings, account.gaps), money)).decode()
        described = f"Chart of the balance of {account.label} in {currency}"
        parts.append(tag("h3", f"Balance in {currency}"))
        parts.append(tag("img", src=f"data:image/svg+xml;base64,{chart}", alt=described))
    if account.readings:
        months = [month_cells(*close, money) for close in account.closes()]
        parts += [tag("h3", "Month-end closes"), _table(months[::-1])]
    parts.append(tag("h3", f"Missed days: {count(account.missed_days, 'day') if account.gaps else 'none'}"))
    if account.gaps:
        parts.append(_table([_gap_cells(gap) for gap in account.gaps[::-1]]))
    return tag("section", *parts)


def tag(_name: str, /, *children: str, **attributes: str) -> Markup:
    """Return an element; a trailing underscore in an attribute's name (`class_`) is removed."""
    given = "".join(f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    inside = "".join(child if isinstance(child, Markup) else escape(child) for child in children)
    return Markup(f"<{_name}{given}>{inside}</{_name}>" if children else f"<{_name}{given}>")


def _table(rows: Sequence[Cells]) -> Markup:
    """Return a table with one or more rows. Amounts are right-aligned, and dates do not break at their hyphens."""

    def line(kind: str, row: Cells) -> Markup:
        return tag("tr", *(tag(kind, cell, class_=style(name, cell)) for name, cell in row.items()))

    def style(name: str, cell: str) -> str:
        return "n" if name in RIGHT_ALIGNED else "day" if cell.replace("-", "").isdigit() else "text"

    head = tag("thead", line("th", {name: name for name in rows[0]}))
    return tag("div", tag("table", head, tag("tbody", *(line("td", row) for row in rows))), class_="wide")
