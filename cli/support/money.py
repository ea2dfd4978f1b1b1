"""Amounts as the reader writes them, by the CLDR's rules for a locale."""

import ctypes
import re
import sys
from collections.abc import Callable, Mapping
from copy import copy
from decimal import Decimal
from functools import cached_property

from babel import Locale, UnknownLocaleError
from babel.numbers import NumberPattern, format_currency, get_currency_symbol

from cli.support.console import can_show
from shared.history.row import Entity

_SAMPLE = Decimal(1234567)
_SAMPLE_FORMAT = re.compile(r"(\D*)1(\D?)234(?:\2)567(?:(\D)(0+))?(\D*)")
"""The sample in a locale that groups by thousands and writes Western digits."""

_PLAIN = str.maketrans("\u202f\u00a0\u2212\u2019\u060c\u2e41\u066b", "  -',,.", "\u200e\u200f\u061c")
"""Narrow and fixed spaces, the minus sign, the Swiss and right-to-left separators and marks of direction, for a plain terminal."""


def user_locale(environ: Mapping[str, str]) -> Locale:
    """Return the reader's locale: LC_ALL, LC_MONETARY or LANG, else Windows's own; en_US when none of them says."""
    given = (environ.get(name) for name in ("LC_ALL", "LC_MONETARY", "LANG"))
    name = next(filter(None, given), None) or _windows_locale()
    try:
        return Locale.parse(name.partition(".")[0].partition("@")[0].replace("-", "_"))
    except (ValueError, UnknownLocaleError):  # C and POSIX are unknown too
        return Locale("en", "US")


def _windows_locale() -> str:
    buffer = ctypes.create_unicode_buffer(85)  # LOCALE_NAME_MAX_LENGTH
    if sys.platform == "win32":
        ctypes.windll.kernel32.GetUserDefaultLocaleName(buffer, len(buffer))
    return buffer.value


class Money:
    """Formats amounts in a locale; digits beyond the currency's own are shown, not rounded away.

    Babel takes its rules apart for every amount, which years of history would wait for: it writes one amount of each currency
    and sign, and the others are written alike. Where `can_show` says that the reader's terminal lacks a symbol, the code is written.
    """

    def __init__(self, locale: Locale, can_show: Callable[[str], bool] = lambda _: True) -> None:
        self._locale = locale
        self._can_show = can_show
        self._forms: dict[tuple[str, bool], tuple[str, ...] | None] = {}

    @classmethod
    def for_user(cls, environ: Mapping[str, str]) -> "Money":
        """Return what writes amounts for the person who called the command."""
        return cls(user_locale(environ), can_show)

    @cached_property
    def _pattern(self) -> NumberPattern:
        """The locale's rules, which take a while to load and which programs never see."""
        pattern: NumberPattern = self._locale.currency_formats["standard"]
        return pattern

    def text(self, amount: Decimal, currency: str) -> str:
        """Return an amount such as $68,059.03."""
        amount = amount or abs(amount)  # for people a zero has no sign
        key = currency, amount.is_signed()
        if key not in self._forms:
            sample = _SAMPLE_FORMAT.fullmatch(self._format_with_babel(_SAMPLE.copy_sign(amount), currency))
            self._forms[key] = sample and sample.groups("")
        form, exponent = self._forms[key], amount.as_tuple().exponent
        if form is None or not isinstance(exponent, int) or -exponent > len(form[3]):
            return self._format_with_babel(amount, currency)
        before, group, point, decimals, after = form
        digits = f"{abs(amount):,.{len(decimals)}f}".translate({ord(","): group, ord("."): point})
        return f"{before}{digits}{after}"

    def _format_with_babel(self, amount: Decimal, currency: str) -> str:
        text: str = self._pattern.apply(
            amount, self._locale, currency=currency, currency_digits=True, decimal_quantization=False
        )
        return self._displayable(text, currency)

    def _displayable(self, text: str, currency: str) -> str:
        text = re.sub(r"(?<=[^\W\d])(?=\d)", "\u00a0", text)  # a rule of the CLDR that Babel leaves out: CHF 5.00
        if self._can_show(text):
            return text
        text = text.translate(_PLAIN)
        if self._can_show(text):
            return text
        symbol = re.escape(get_currency_symbol(currency, self._locale).translate(_PLAIN))
        return re.sub(symbol, currency, re.sub(rf"{symbol}\s*(?=\d)", f"{currency} ", text))

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
        return self._displayable(text, currency)


def balance_of(row: Entity) -> Decimal:
    """Return the exact balance of a row."""
    return Decimal(str(row["BalanceText"]))
