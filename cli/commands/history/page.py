"""The history as one HTML file for people who have no Power BI: no network, no script, all text escaped."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from cli.commands.history.account_view import AccountView
from cli.commands.history.readings import Reading
from cli.commands.history.svg import as_svg
from cli.commands.history.terminal import month_table
from cli.support.console import count
from cli.support.files import written_whole
from cli.support.html import Markup, table, tag
from cli.support.money import Money
from cli.support.text_table import TextTable

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'none'"
"""What the page may load: nothing but its own style and its own pictures."""

_NOTHING = "-"
_RIGHT = frozenset({"Balance", "Change", "Days"})


def write_page(views: Sequence[AccountView], money: Money, about: str, file: Path) -> None:
    """Write the page; `about` says what it covers and when it was made. Raises CommandFailed."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", "Account balances"),
        tag("style", Markup(_STYLE)),
    )
    latest = [(view, series.readings[-1]) for view in views for series in view.series]
    rows = [_overview_cells(view, one, money) for view, one in latest]
    overview = TextTable(("Account", "Newest day", "Balance", "Change", "Credit used"), rows, _RIGHT)
    body = tag(
        "body",
        tag("h1", "Account balances"),
        tag("p", about, class_="small"),
        table(overview) if rows else tag("p", "No history in this period."),
        *(_account(view, money) for view in views),
    )
    with written_whole(file) as part:
        part.write_text(f"<!doctype html>\n{tag('html', head, body, lang='en')}\n", encoding="utf-8", newline="\n")


def _overview_cells(view: AccountView, latest: Reading, money: Money) -> tuple[str, ...]:
    used, change = _NOTHING, money.change(latest.change, latest.currency) or _NOTHING
    if latest.limit and latest.limit_percent is not None:
        percent = latest.limit_percent
        meter = tag("meter", "", min="0", max="100", high="90", value=f"{min(100, max(0, percent)):g}")
        limit = money.rounded(latest.limit, latest.currency, 0)
        used = Markup(f"{tag('span', f'{percent:g} % of {limit} ')}{meter}")
    return view.account.label, str(latest.day), money.text(latest.balance, latest.currency), change, used


def _account(view: AccountView, money: Money) -> Markup:
    account = view.account
    former = "" if account.configured else " (not configured any more)"
    parts = [tag("h2", account.name), tag("p", account.tenant_id + former, class_="small")]
    for series in view.series:
        chart = b64encode(as_svg(series, money)).decode()
        described = f"Chart of the balance of {account.label} in {series.currency}"
        parts.append(tag("h3", f"Balance in {series.currency}"))
        parts.append(tag("img", src=f"data:image/svg+xml;base64,{chart}", alt=described))
    if view.series:
        parts += [tag("h3", "Month-end closes"), table(month_table(view, money).newest_first())]
    parts.append(tag("h3", f"Missed days: {count(view.missed_days, 'day') if view.gaps else 'none'}"))
    if view.gaps:
        rows = [(str(gap.first), str(gap.last), str(gap.days), str(gap.reason) or _NOTHING) for gap in view.gaps]
        parts.append(table(TextTable(("From", "To", "Days", "Reason"), rows, _RIGHT).newest_first()))
    return tag("section", *parts)
