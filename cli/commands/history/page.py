"""The history as one HTML file for people who have no Power BI: no network, no script, all text escaped."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from cli.commands.history.account_tables import month_table
from cli.commands.history.account_view import AccountView
from cli.commands.history.picture import as_svg
from cli.commands.history.readings import Reading
from cli.support.console import count
from cli.support.html import Markup, table, tag
from cli.support.money import Money
from cli.support.text_table import TextTable

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'none'"
"""What the page may load: nothing but its own style and its own pictures."""

_NOTHING = "-"


def page(views: Sequence[AccountView], money: Money, period: str, written: str) -> str:
    """Return the page; `period` and `written` say what it covers and when it was made."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", "Account balances"),
        tag("style", Markup(_STYLE)),
    )
    body = tag(
        "body",
        tag("h1", "Account balances"),
        tag("p", f"{period}. Written {written}.", class_="small"),
        table(_overview(views, money))
        if any(view.series for view in views)
        else tag("p", "No history in this period."),
        *(_account(view, money) for view in views),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _overview(views: Iterable[AccountView], money: Money) -> TextTable:
    rows = [
        (
            view.label,
            str(latest.day),
            money.text(latest.balance, latest.currency),
            money.change(latest.change, latest.currency) or _NOTHING,
            _used(latest, money),
        )
        for view in views
        for latest in (series.readings[-1] for series in view.series)
    ]
    return TextTable(
        ("Account", "Newest day", "Balance", "Change", "Credit used"), rows, frozenset({"Balance", "Change"})
    )


def _used(latest: Reading, money: Money) -> str:
    used = latest.limit_percent
    if used is None or latest.limit is None:
        return _NOTHING
    meter = tag("meter", "", min="0", max="100", high="90", value=f"{min(100, max(0, used)):g}")
    return Markup(f"{tag('span', f'{used:g} % of {money.rounded(latest.limit, latest.currency, 0)} ')}{meter}")


def _account(view: AccountView, money: Money) -> Markup:
    former = "" if view.configured else " (not configured any more)"
    parts = [tag("h2", view.name), tag("p", view.tenant_id + former, class_="small")]
    for series in view.series:
        picture = b64encode(as_svg(series, money)).decode()
        described = f"Chart of the balance of {view.label} in {series.currency}"
        parts += [
            tag("h3", f"Balance in {series.currency}"),
            tag("img", src=f"data:image/svg+xml;base64,{picture}", alt=described),
        ]
    if view.series:
        parts += [tag("h3", "Month-end closes"), table(month_table(view, money).newest_first())]
    parts.append(tag("h3", f"Missed days: {count(view.missed_days, 'day') if view.gaps else 'none'}"))
    if view.gaps:
        rows = [
            (str(gap.first), str(gap.last), str(gap.days), str(gap.reason or _NOTHING)) for gap in reversed(view.gaps)
        ]
        parts.append(table(TextTable(("From", "To", "Days", "Reason"), rows, frozenset({"Days"}))))
    return tag("section", *parts)
