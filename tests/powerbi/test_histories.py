"""The measures for small histories, computed by hand: situations in which a report is easily wrong without looking so."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product

import pytest

from shared.settings.values import THREE_DECIMALS
from tests.powerbi.tools.dax import Dax
from tests.powerbi.tools.histories import TODAY, History, days, readings, runs
from tests.powerbi.tools.model import read_model

READ_UNTIL_YESTERDAY = readings("Fabrikam", "2026-11-10", "2026-11-27", 500)
STOPPED = readings("Contoso", "2026-11-10", "2026-11-20", 1000)


def moment(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


RECURRING = '[{"invoiceType": "Recurring", "summary": {"balanceAmount": 400}}]'

HISTORIES = {
    "all is well": History(READ_UNTIL_YESTERDAY, runs("2026-11-10", "2026-11-27")),
    "reading stopped a week ago": History(STOPPED, runs("2026-11-10", "2026-11-20")),
    "reading stopped 40 days ago": History(readings("Contoso", "2026-10-01", "2026-10-19", 1000)),
    "read the day before yesterday": History(readings("Contoso", "2026-11-20", "2026-11-26", 5), None, date(2026, 11, 27)),
    "refresh stopped two days ago": History(readings("Contoso", "2026-11-20", "2026-11-25", 5), None, date(2026, 11, 26)),
    "an account fails": History(STOPPED + READ_UNTIL_YESTERDAY, runs("2026-11-19", "2026-11-27", failed="Contoso")),
    "an account fails for 50 days": History(
        readings("Contoso", "2026-10-01", "2026-10-08", 1000) + readings("Fabrikam", "2026-11-20", "2026-11-27", 500),
        runs("2026-10-09", "2026-11-27", failed="Contoso"),
    ),
    "an account was never read": History(
        READ_UNTIL_YESTERDAY, runs("2026-11-26", "2026-11-27", failed="Contoso", code="consent-required")
    ),
    "an account retired": History(
        readings("Contoso", "2026-10-01", "2026-10-05", 1000) + readings("Fabrikam", "2026-10-01", "2026-11-27", 500)
    ),
    "an account gained a currency": History(
        readings("Contoso", "2026-11-01", "2026-11-27", 1000)
        + readings("Contoso", "2026-11-25", "2026-11-27", 70, currency="EUR")
        + readings("Fabrikam", "2026-11-01", "2026-11-27", 30, currency="EUR")
    ),
    "an account lost a currency": History(
        readings("Contoso", "2026-11-01", "2026-11-27", 1000)
        + readings("Contoso", "2026-11-01", "2026-11-22", 70, currency="EUR")
        + readings("Fabrikam", "2026-11-01", "2026-11-27", 30, currency="EUR")
    ),
    "a stale account and a month's end": History(
        readings("Contoso", "2026-10-25", "2026-10-28", 100) + readings("Fabrikam", "2026-10-25", "2026-11-27", 30)
    ),
    **{
        f"read {apart} days apart": History(
            readings("Contoso", "2026-11-10", f"2026-11-{27 - apart}", 100) + readings("Fabrikam", "2026-11-10", "2026-11-27", 30)
        )
        for apart in (3, 4)
    },
    "invoiced on the 1st": History(
        readings("Contoso", "2026-10-25", "2026-10-31", 1000, LatestInvoiceDate=moment("2026-10-01"))
        + readings("Contoso", "2026-11-01", "2026-11-27", 1500, LatestInvoiceDate=moment("2026-11-01"))
    ),
    "missed on the comparison days": History(
        readings("Contoso", "2026-10-25", "2026-11-15", 1000, missed=("2026-10-28", "2026-10-31"))
        + readings("Contoso", "2026-11-16", "2026-11-27", 1400, missed=("2026-11-20",))
    ),
    "missed for four days": History(
        readings("Contoso", "2026-11-10", "2026-11-27", 1000, missed=[f"2026-11-{day}" for day in (17, 18, 19, 20)])
    ),
    "one of three accounts reaches further back": History(
        readings("Contoso", "2026-10-15", "2026-10-31", 800, Source="imported")
        + readings("Contoso", "2026-11-01", "2026-11-27", 1000)
        + readings("Fabrikam", "2026-11-01", "2026-11-27", 1000)
        + readings("Northwind", "2026-11-01", "2026-11-27", 1000)
    ),
    "a sparse import": History(
        readings("Contoso", "2026-08-31", "2026-08-31", 300, Source="imported")
        + readings("Contoso", "2026-09-30", "2026-09-30", 400, Source="imported")
        + readings("Contoso", "2026-10-15", "2026-11-27", 1000)
        + readings("Fabrikam", "2026-08-30", "2026-11-27", 50)
    ),
    "one account at 99 %": History(
        readings("Contoso", "2026-11-26", "2026-11-27", 9900, CreditLimit=10000.0)
        + readings("Fabrikam", "2026-11-26", "2026-11-27", 100, CreditLimit=1000.0)
        + readings("Northwind", "2026-11-26", "2026-11-27", 10, currency="EUR", CreditLimit=100.0)
    ),
    "paid and invoiced": History(
        readings("Contoso", "2026-11-01", "2026-11-03", 15000, LatestInvoiceDate=moment("2026-10-05"))
        + readings(
            "Contoso", "2026-11-04", "2026-11-04", -3000, LatestInvoiceDate=moment("2026-10-05"),
            LastPaymentDate=moment("2026-11-03"), LastPaymentAmount=12000.0,
        )
        + readings(
            "Contoso", "2026-11-05", "2026-11-27", 9000, LatestInvoiceDate=moment("2026-11-05"),
            LastPaymentDate=moment("2026-11-03"), LastPaymentAmount=12000.0,
        )
        + readings("Fabrikam", "2026-11-01", "2026-11-02", 7, Source="imported")
        + readings(
            "Fabrikam", "2026-11-03", "2026-11-27", 7, LatestInvoiceDate=moment("2026-11-02"),
            LastPaymentDate=moment("2026-11-03"), LastPaymentAmount=5.5,
        )
    ),
    "unreadable parts": History(
        readings("Contoso", "2026-11-26", "2026-11-27", 400, Details=RECURRING)
        + readings("Fabrikam", "2026-11-26", "2026-11-26", 400, Details=RECURRING)
        + readings("Fabrikam", "2026-11-27", "2026-11-27", 400, Details='{"a": 1}')
    ),
    "an import after the last reading": History(
        readings("Contoso", "2026-10-01", "2026-10-19", 1000, CurrencySymbol="$")
        + readings("Fabrikam", "2026-11-27", "2026-11-27", 5, Source="imported", CurrencySymbol="USD$")
    ),
    "an import for a dead account": History(
        readings("Contoso", "2026-10-01", "2026-10-19", 1000)
        + readings("Contoso", "2026-11-27", "2026-11-27", 5, Source="imported")
    ),
    "currencies without two decimals": History(
        readings("Contoso", "2026-11-26", "2026-11-27", 1234.567, currency="KWD")
        + readings("Fabrikam", "2026-11-26", "2026-11-27", 1234, currency="JPY", CurrencySymbol="¥")
        + readings("Northwind", "2026-11-26", "2026-11-27", 1.5, currency="JPY", CurrencySymbol="¥")
    ),
    "a year and a day": History(
        readings("Contoso", "2025-11-26", "2025-11-27", 1000) + readings("Contoso", "2026-11-27", "2026-11-27", 1000)
    ),
    "nothing": History([]),
    "one row for today": History(readings("Contoso", "2026-11-28", "2026-11-28", 1000)),
}  # fmt: skip

CASES = """
all is well | Freshness | all | Fresh: read on 2026-11-27
all is well | Freshness color | all | #DDF0E3
all is well | Missing days | all | 0
all is well | Missing days color | all | #DDF0E3
all is well | Hint | all | Amounts in USD, last snapshot 2026-11-27.
all is well | Latest run | all | 2026-11-27 00:17
reading stopped a week ago | Freshness | all | Stale: last read on 2026-11-20
reading stopped a week ago | Freshness color | all | #F9D6D5
reading stopped a week ago | Missing days | all | 7
reading stopped a week ago | Missing days color | all | #F9D6D5
reading stopped a week ago | Day status | on 2026-11-27 | ✗
reading stopped a week ago | Day color | on 2026-11-27 | #F9D6D5
reading stopped a week ago | Missed because | on 2026-11-27 | Contoso: no run left a record
reading stopped a week ago | Day status | on 2026-11-20 | ✓
reading stopped 40 days ago | Missing days | all | 39
reading stopped 40 days ago | Current balance | Contoso | 1,000.00
reading stopped 40 days ago | Missed because | on 2026-11-27 | Contoso: unknown, before the ledger
read the day before yesterday | Freshness | all | Stale: last read on 2026-11-26
refresh stopped two days ago | Freshness | all | Not refreshed since 2026-11-26
refresh stopped two days ago | Missing days | all | 0
refresh stopped two days ago | Missing days color | all | blank
an account fails | Freshness | all | Stale: 1 of 2 accounts, since 2026-11-20
an account fails | Current balance | all | 1,500.00
an account fails | Hint | all | Amounts in USD, last snapshots from 2026-11-20 to 2026-11-27.
an account fails | Current balance | on 2026-11-27 | blank
an account fails | Change over 7 days | all | blank
an account fails | Change over 7 days | Fabrikam | 0.00
an account fails | Missed because | on 2026-11-27 | Contoso: sign-in-rejected
an account fails for 50 days | Missing days | all | 50
an account fails for 50 days | Days since last reading | Contoso | 51
an account was never read | Freshness | all | Stale: 1 of 2 accounts, one never read
an account was never read | Missing days | all | 2
an account was never read | Missed because | on 2026-11-26 | Contoso: consent-required
an account was never read | Current balance | all | 500.00
an account retired | Missing days | all | 0
an account retired | Current balance | all | 500.00
an account retired | Current balance | on 2026-10-05 | 1,500.00
an account retired | Freshness | all | Fresh: read on 2026-11-27
an account gained a currency | Missing days | all | 0
an account gained a currency | Missing days | EUR | 0
an account gained a currency | Change over 7 days | EUR | 70.00
an account gained a currency | Current balance | EUR | 100.00
an account gained a currency | Current balance | EUR, on 2026-11-10 | 30.00
an account gained a currency | Current balance | all | blank
an account gained a currency | Hint | all | Amounts are blank: currencies are never added (EUR, USD). Select one in the Currency slicer.
invoiced on the 1st | Change since month close | all | 500.00
invoiced on the 1st | Compared with | Month close | 2026-10-31
invoiced on the 1st | What happened | on 2026-11-01 | invoiced on 1 Nov
invoiced on the 1st | Month-end close | 2026-10 | 1,000.00
invoiced on the 1st | Month-end close | 2026-11 | 1,500.00
invoiced on the 1st | Variance | 2026-11 | 500.00
invoiced on the 1st | Variance | 2026-10 | blank
missed on the comparison days | Change over 7 days | all | 0.00
missed on the comparison days | Compared with | 7 days | 2026-11-19
missed on the comparison days | Change over 30 days | all | 400.00
missed on the comparison days | Compared with | 30 days | 2026-10-27
missed on the comparison days | Compared with | Month close | 2026-10-30
missed on the comparison days | Month-end close | 2026-10 | 1,000.00
a stale account and a month's end | Change since month close | all | blank
a stale account and a month's end | Month-end close | 2026-10 | 130.00
a stale account and a month's end | Month-end close | 2026-11 | blank
a stale account and a month's end | Variance | 2026-11 | blank
read 3 days apart | Change over 7 days | all | 0.00
read 3 days apart | Month-end close | 2026-11 | 130.00
read 4 days apart | Change over 7 days | all | blank
read 4 days apart | Month-end close | 2026-11 | blank
an account lost a currency | Current balance | EUR | 30.00
an account lost a currency | Change over 7 days | EUR | -70.00
missed for four days | Change over 7 days | all | blank
missed for four days | Compared with | 7 days | blank
missed for four days | Balance on the day | on 2026-11-18 | blank
missed for four days | Missed day | on 2026-11-18 | 1,000.00
missed for four days | Missed day | on 2026-11-21 | blank
missed for four days | Change to previous snapshot | on 2026-11-21 | 0.00
one of three accounts reaches further back | Accounts counted | on 2026-10-15 | 1
one of three accounts reaches further back | Accounts counted | on 2026-11-15 | 3
one of three accounts reaches further back | Change over 30 days | all | 200.00
a sparse import | Missing days | all | 0
a sparse import | Balance on the day | on 2026-09-15 | blank
a sparse import | Missed day | on 2026-09-15 | blank
a sparse import | Balance on the day | on 2026-09-30 | 450.00
a sparse import | Month-end close | 2026-09 | 450.00
a sparse import | Variance | 2026-09 | 100.00
one account at 99 % | Credit used | EUR | 99.0%
one account at 99 % | Credit color | all | #F9D6D5
one account at 99 % | Credit color | Northwind | #DDF0E3
one account at 99 % | Worst credit use | EUR | 99.0% Contoso (USD)
one account at 99 % | Headroom | EUR | 100.00
one account at 99 % | Headroom format | EUR | #,##0.00" USD";-#,##0.00" USD"
one account at 99 % | Headroom | Fabrikam | 900.00
one account at 99 % | Limit on the day | Fabrikam, on 2026-11-26 | 1,000.00
one account at 99 % | Limit on the day | USD, on 2026-11-26 | blank
paid and invoiced | What happened | on 2026-11-04 | Contoso paid 12,000.00 on 3 Nov
paid and invoiced | What happened | on 2026-11-05 | Contoso invoiced on 5 Nov
paid and invoiced | Current balance | on 2026-11-04 | -2,993.00
paid and invoiced | What happened | on 2026-11-03 | blank
paid and invoiced | Last payment | all | 2026-11-03: 12,005.50
paid and invoiced | Last payment | Fabrikam | 2026-11-03: 5.50
paid and invoiced | Last invoice | all | 2026-11-05
unreadable parts | Current balance | all | 800.00
unreadable parts | Recurring part | all | blank
unreadable parts | Recurring part | on 2026-11-26 | 800.00
unreadable parts | Recurring part | Contoso | 400.00
unreadable parts | Hint | all | Amounts in USD, last snapshot 2026-11-27. Parts are blank: 1 account(s) have unreadable parts.
an import after the last reading | Latest run | all | 2026-10-19 00:17
an import after the last reading | Freshness | all | Stale: last read on 2026-10-19
an import after the last reading | Amount format | all | "$"#,##0.00;-"$"#,##0.00
an import after the last reading | Missing days | Contoso | 39
an import for a dead account | Days since last reading | all | 40
an import for a dead account | Missing days | all | 38
currencies without two decimals | Amount format | JPY | "¥"#,##0;-"¥"#,##0
currencies without two decimals | Signed format | JPY | +"¥"#,##0;-"¥"#,##0;"¥"#,##0
nothing | Freshness | all | Never read
nothing | Freshness color | all | #F9D6D5
nothing | Credit color | all | blank
nothing | Hint | all | No snapshots in view. If none was ever loaded: Transform data, then START HERE.
one row for today | Freshness | all | Fresh: read on 2026-11-28
one row for today | Missing days | all | 0
one row for today | Current balance | all | 1,000.00
"""
"""One case per line: history, measure, what is in view, value."""


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_measures(case: str) -> None:
    """Each value is what a finance person would compute from the rows by hand."""
    history, measure, view, value = case.split(" | ")
    assert HISTORIES[history].as_text(measure, view) == value


VIEWS = ("all", "USD", "USD, on 2026-11-27", "USD, 2026-11", "30 days")


@pytest.mark.parametrize("history", HISTORIES)
def test_every_measure_can_be_evaluated(history: str) -> None:
    """The engine lacks no function and finds no error; either would raise. One history is viewed in every way."""
    views = VIEWS if history == "an account fails" else VIEWS[1:2]
    for measure, view in product(read_model().measures, views):
        HISTORIES[history].as_text(measure, view)


@pytest.mark.parametrize("history", ["an account gained a currency", "one account at 99 %"])
def test_currencies_are_never_added(history: str) -> None:
    """With two currencies in view, every measure that shows an amount is blank. The headroom is one account's, in its own currency."""
    amounts = read_model().amounts - {"Headroom"}
    for name, view in product((*amounts, "Last payment"), ("all", "on 2026-11-27", "2026-11", "30 days")):
        assert HISTORIES[history].as_text(name, view) == "blank", name


def test_no_visual_has_more_than_366_points() -> None:
    """The trend and the calendar show 366 days; the default period is 12 months."""
    history = HISTORIES["a year and a day"]
    for measure in ("Balance on the day", "Day status"):
        assert history.as_text(measure, "on 2025-11-27") != "blank"
        assert history.as_text(measure, "on 2025-11-26") == "blank"
    calendar = history.dax.records("Date")
    assert calendar[0] == {"Date": date(2025, 11, 26), "Month": "2025-11", "Day": 26, "Period": "2025"}
    assert [day["Date"] for day in calendar if day["Period"] == "Last 12 months"] == days("2025-11-28", "2026-11-27")


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ("all is well", ("2026-11-10", "2026-11-27")),
        ("reading stopped a week ago", ("2026-11-10", "2026-11-27")),
        ("one row for today", ("2026-11-28", "2026-11-28")),
        ("nothing", ("2026-11-27", "2026-11-27")),
    ],
)
def test_the_calendar_ends_yesterday_or_with_the_newest_row(history: str, expected: tuple[str, str]) -> None:
    """Whichever is later; otherwise days missed since the newest row would not be visible."""
    assert [day["Date"] for day in HISTORIES[history].dax.records("Date")] == days(*expected)


def test_the_currency_of_most_accounts_comes_first() -> None:
    """The slicer has no stored choice, so the first currency is selected. The order is by the newest day from Partner Center, then by code."""
    rows = [
        *readings("Contoso", "2026-11-27", "2026-11-27", 1, currency="USD"),
        *readings("Fabrikam", "2026-11-27", "2026-11-27", 1, currency="USD"),
        *readings("Fabrikam", "2026-11-27", "2026-11-27", 1, currency="EUR"),
        *readings("Northwind", "2026-11-20", "2026-11-26", 1, currency="AUD"),
        *readings("Northwind", "2026-11-28", "2026-11-28", 1, currency="AUD", Source="imported"),
    ]
    currencies = History(rows).dax.records("Currencies")
    assert {row["Currency"]: row["Position"] for row in currencies} == {"USD": 1, "EUR": 2, "AUD": 3}


def test_decimals_are_those_of_iso_4217() -> None:
    """Three for the currencies to which the settings give three; none, two or four for others."""
    others = {"USD": 2, "EUR": 2, "HUF": 2, "JPY": 0, "KRW": 0, "XOF": 0, "CLF": 4}
    expected = dict.fromkeys(THREE_DECIMALS, 3) | others
    rows = [row for code in expected for row in readings(code, "2026-11-27", "2026-11-27", 1, currency=code)]
    currencies = History(rows).dax.records("Currencies")
    assert {row["Currency"]: len(row["Plain format"].partition(".")[2]) for row in currencies} == expected


def test_an_account_has_its_current_name() -> None:
    """The newest row's name is shown for all days. Two tenants with the same name, in any case, stay separate."""
    rows = [
        *readings("A", "2026-11-01", "2026-11-01", 1, AccountName="Old"),
        *readings("A", "2026-11-02", "2026-11-02", 1, AccountName="Contoso"),
        *readings("B", "2026-11-02", "2026-11-02", 1, AccountName="contoso"),
        *readings("C", "2026-11-02", "2026-11-02", 1, AccountName="Fabrikam"),
    ]
    names = [account["Account"] for account in History(rows).dax.records("Accounts")]
    assert names == ["Contoso (a)", "contoso (b)", "Fabrikam"]


@pytest.mark.parametrize(
    ("last", "status", "expected_until"),
    [("2026-10-23", "Active", "2026-11-27"), ("2026-10-22", "Retired", "2026-10-22")],
)
def test_an_account_retires_after_35_days(last: str, status: str, expected_until: str) -> None:
    """At 35 days before the newest reading of all accounts, it is still expected; a day more and it is not."""
    rows = readings("Contoso", "2026-10-01", last, 1) + readings("Fabrikam", "2026-10-01", "2026-11-27", 1)
    contoso, _ = History(rows).dax.records("Accounts")
    assert (contoso["Status"], str(contoso["Last expected day"])) == (status, expected_until)


OLDER = readings("Contoso", "2026-11-25", "2026-11-26", 500, CreditLimit=5000.0)
NEWER = [
    *OLDER,
    *readings("Contoso", "2026-11-27", "2026-11-27", 500, CreditLimit=5000.0),
    *readings("Fabrikam", "2026-11-27", "2026-11-27", 1100, CreditLimit=4300.0),
    *readings("Northwind", "2026-11-27", "2026-11-27", 7, currency="EUR"),
]
BEFORE, AFTER = History(OLDER, refreshed=date(2026, 11, 27)), History(NEWER)
GENERATIONS = ("Balances", "Accounts", "Currencies", "Date", "Parts")


@pytest.mark.parametrize("newer", list(product((False, True), repeat=len(GENERATIONS))))
def test_a_mixture_of_two_loads_is_never_silently_wrong(newer: tuple[bool, ...]) -> None:
    """Whatever each table holds, an amount is either the rows' amount, or blank with the advice to refresh again."""
    loads = dict.fromkeys(read_model().tables, AFTER)
    loads |= {name: AFTER if is_new else BEFORE for name, is_new in zip(GENERATIONS, newer, strict=True)}
    mixed = Dax({name: load.dax.records(name) for name, load in loads.items()}, TODAY)
    values = {
        name: mixed.value(name, {("Currencies", "Currency"): ["USD"]}) for name in ("Current balance", "Credit used")
    }
    total, share = (Decimal(1600), Decimal("0.2558")) if newer[0] else (Decimal(500), Decimal("0.1"))
    if newer[0] and not all(newer[1:4]):
        assert values == dict.fromkeys(values)
        assert "Refresh again" in mixed.value("Hint")
    else:
        assert values == {"Current balance": total, "Credit used": share}
