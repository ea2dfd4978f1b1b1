"""Amounts as the reader writes them, by the CLDR's rules for a locale."""

import ctypes
import re
import sys
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.numbers import NumberPattern, format_currency, get_currency_symbol

from shared.history.row import Entity

_SAMPLE = Decimal(1234567)
_WRITTEN = re.compile(r"(?P<before>\D*)1(?P<group>\D?)234(?P=group)567((?P<point>\D)(?P<decimals>0+))?(?P<after>\D*)")
"""The sample in a locale that groups by thousands and writes Western digits."""

_PLAIN = {0x202F: " ", 0x00A0: " ", 0x2212: "-", 0x200E: "", 0x200F: "", 0x061C: "", 0x2019: "'"}
"""Narrow and fixed spaces, the minus sign, marks of direction and the Swiss apostrophe, for a plain terminal."""

_VARIABLES = ("LC_ALL", "LC_MONETARY", "LANG")


def reader_locale(environ: Mapping[str, str]) -> Locale:
    """Return the reader's locale: LC_ALL, LC_MONETARY or LANG, else Windows's own; en_US when none of them says."""
    name = next((value for variable in _VARIABLES if (value := environ.get(variable))), None) or _windows_locale()
    language = (name or "").partition(".")[0].partition("@")[0].replace("-", "_")
    if language in {"", "C", "POSIX"}:
        return Locale("en", "US")
    try:
        return Locale.parse(language)
    except (ValueError, UnknownLocaleError):
        return Locale("en", "US")


def _windows_locale() -> str | None:
    if sys.platform == "win32":
        buffer = ctypes.create_unicode_buffer(85)  # LOCALE_NAME_MAX_LENGTH
        return buffer.value if ctypes.windll.kernel32.GetUserDefaultLocaleName(buffer, len(buffer)) else None
    else:  # noqa: RET505 - mypy takes what follows the other platform's return for unreachable
        return None


@dataclass(frozen=True)
class _Form:
    """How a locale writes a currency, as one written amount shows it; what does not look like that is left to Babel."""

    before: tuple[str, str]
    after: tuple[str, str]
    separators: dict[int, str]
    decimals: int

    def write(self, amount: Decimal) -> str:
        """Write an amount of no more decimals than the currency has."""
        sign = amount.is_signed()
        digits = f"{abs(amount):,.{self.decimals}f}".translate(self.separators)
        return f"{self.before[sign]}{digits}{self.after[sign]}"


class Money:
    """Formats amounts in a locale; digits beyond the currency's own are shown, not rounded away.

    Babel takes its rules apart for every amount, which years of history would wait for: it writes one amount of each currency,
    and the others are written alike. Where `can_show` says that the reader's terminal lacks a symbol, the code is written.
    """

    def __init__(self, locale: Locale, can_show: Callable[[str], bool] = lambda _: True) -> None:
        self._locale = locale
        self._can_show = can_show
        self._pattern: NumberPattern = locale.currency_formats["standard"]
        self._forms: dict[str, _Form | None] = {}

    def text(self, amount: Decimal, currency: str) -> str:
        """Return an amount such as $68,059.03."""
        if currency not in self._forms:
            self._forms[currency] = self._form(currency)
        form = self._forms[currency]
        exponent = amount.as_tuple().exponent
        if form is None or not isinstance(exponent, int) or -exponent > form.decimals:
            return self._by_babel(amount, currency)
        return form.write(amount)

    def _by_babel(self, amount: Decimal, currency: str) -> str:
        text: str = self._pattern.apply(
            amount, self._locale, currency=currency, currency_digits=True, decimal_quantization=False
        )
        return self._showable(text, currency)

    def _showable(self, text: str, currency: str) -> str:
        text = re.sub(r"(?<=[^\W\d])(?=\d)", "\u00a0", text)  # a rule of the CLDR that Babel leaves out: CHF 5.00
        if self._can_show(text):
            return text
        text = text.translate(_PLAIN)
        if self._can_show(text):
            return text
        symbol = re.escape(get_currency_symbol(currency, self._locale))
        return re.sub(symbol, currency, re.sub(rf"{symbol}\s*(?=\d)", f"{currency} ", text))

    def _form(self, currency: str) -> _Form | None:
        written = [_WRITTEN.fullmatch(self._by_babel(amount, currency)) for amount in (_SAMPLE, -_SAMPLE)]
        plus, minus = written
        if plus is None or minus is None:
            return None
        separators = {ord(","): plus["group"], ord("."): plus["point"] or ""}
        return _Form(
            (plus["before"], minus["before"]), (plus["after"], minus["after"]), separators, len(plus["decimals"] or "")
        )

    def plain(self, amount: Decimal, currency: str) -> str:
        """Return an amount without its currency, such as 12,000.00."""
        text: str = format_currency(amount, currency, "#,##0.00", self._locale, decimal_quantization=False)
        return text if self._can_show(text) else text.translate(_PLAIN)

    def change(self, amount: Decimal | None, currency: str) -> str:
        """Return a difference with its sign, such as +$200.00; None gives nothing."""
        if amount is None:
            return ""
        text = self.text(amount, currency)
        return f"+{text}" if amount > 0 else text

    def rounded(self, amount: float, currency: str, decimals: int) -> str:
        """Return an amount for an axis, with so many decimals."""
        pattern = copy(self._pattern)
        pattern.frac_prec = (decimals, decimals)
        text: str = pattern.apply(amount, self._locale, currency=currency, currency_digits=False)
        return self._showable(text, currency)


def balance_of(row: Entity) -> Decimal:
    """Return the exact balance of a row."""
    return Decimal(str(row.get("BalanceText") or row["BalanceAmount"]))
