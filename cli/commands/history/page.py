"""The history as one HTML file for people who have no Power BI: no network, no script, all text escaped."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from cli.commands.history.account_view import AccountView
from cli.commands.history.changes import Reading
from cli.commands.history.picture import as_svg
from cli.support.html import Markup, table, tag
from cli.support.money import Money
from cli.support.words import count

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
        _overview(views, money)
        if any(view.latest for view in views)
        else tag("p", "There is no history in this time."),
        *(_account(view, money) for view in views),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _overview(views: Iterable[AccountView], money: Money) -> Markup:
    rows = [
        [
            view.name,
            str(latest.day),
            money.text(latest.balance, currency),
            _NOTHING if latest.change is None else money.change(latest.change, currency),
            _used(latest, money),
        ]
        for view in views
        for currency, latest in sorted(view.latest.items())
    ]
    return table(["Account", "Newest day", "Balance", "Change", "Credit used"], rows, {2, 3})


def _used(latest: Reading, money: Money) -> str:
    share = latest.limit_used
    if share is None or latest.limit is None:
        return _NOTHING
    meter = tag("meter", "", min="0", max="1", high="0.9", value=f"{min(1, max(0, share)):.3f}")
    return Markup(f"{tag('span', f'{share:.0%} of {money.rounded(latest.limit, latest.currency, 0)} ')}{meter}")


def _account(view: AccountView, money: Money) -> Markup:
    former = "" if view.configured else " (not configured any more)"
    parts = [tag("h2", view.name), tag("p", view.tenant_id + former, class_="small")]
    for currency, series in sorted(view.series.of_currency.items()):
        picture = b64encode(as_svg(view, series, money)).decode()
        described = f"Chart of the balance of {view.name} in {currency}"
        parts += [
            tag("h3", f"Balance in {currency}"),
            tag("img", src=f"data:image/svg+xml;base64,{picture}", alt=described),
        ]
    if closes := list(view.months.closes()):
        rows = [
            [
                close.month if close.complete else str(close.closed_on),
                close.currency,
                money.text(close.close, close.currency),
                _NOTHING if close.change is None else money.change(close.change, close.currency),
                str(close.missed or _NOTHING),
            ]
            for close in reversed(closes)
        ]
        headings = ["Close of", "Currency", "Balance", "Change", "Days missed"]
        parts += [tag("h3", "Month-end closes"), table(headings, rows, {2, 3, 4})]
    parts.append(tag("h3", f"Missed days: {count(view.missed_days, 'day') if view.gaps else 'none'}"))
    if view.gaps:
        rows = [
            [str(gap.first), str(gap.last), str(gap.days), str(gap.reason or _NOTHING)] for gap in reversed(view.gaps)
        ]
        parts.append(table(["From", "To", "Days", "Reason"], rows, {2}))
    return tag("section", *parts)
