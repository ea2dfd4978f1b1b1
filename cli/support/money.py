"""Amounts in the format of the user's locale, by the CLDR's rules."""

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
"""Matches the sample in locales with Western digits and groups of thousands."""

_PLAIN = str.maketrans("\u202f\u00a0\u2212\u2019\u060c\u2e41\u066b", "  -',,.", "\u200e\u200f\u061c")
"""For plain terminals: replaces narrow and no-break spaces, minus signs, Swiss and right-to-left separators, and direction marks."""


def user_locale(environ: Mapping[str, str]) -> Locale:
    """Return the user's locale: LC_ALL, LC_MONETARY or LANG, else the Windows locale, else en_US."""
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
    """Formats amounts in a locale. Digits beyond the currency's usual number are shown, not rounded away.

    Babel parses its rules for every amount, which is too slow for years of history. So it formats one sample for each currency
    and sign, and other amounts follow that sample. If `can_show` says that the terminal lacks a symbol, the code is shown.
    """

    def __init__(self, locale: Locale, can_show: Callable[[str], bool] = lambda _: True) -> None:
        self._locale = locale
        self._can_show = can_show
        self._forms: dict[tuple[str, bool], tuple[str, ...] | None] = {}

    @classmethod
    def for_user(cls, environ: Mapping[str, str]) -> "Money":
        """Return the formatter for the person who runs the command."""
        return cls(user_locale(environ), can_show)

    @cached_property
    def _pattern(self) -> NumberPattern:
        """The locale's rules: slow to load, and not needed for CSV and JSON."""
        pattern: NumberPattern = self._locale.currency_formats["standard"]
        return pattern

    def text(self, amount: Decimal, currency: str) -> str:
        """Return an amount such as $68,059.03."""
        amount = amount or abs(amount)  # people do not expect -0
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
        text = re.sub(r"(?<=[^\W\d])(?=\d)", "\u00a0", text)  # a CLDR rule that Babel does not apply: CHF 5.00
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
        """Return a difference with its sign, such as +$200.00; an empty text for None."""
        if amount is None:
            return ""
        text = self.text(amount, currency)
        return f"+{text}" if amount > 0 else text

    def rounded(self, amount: float, currency: str, decimals: int) -> str:
        """Return an amount for an axis, with this number of decimals."""
        pattern = copy(self._pattern)
        pattern.frac_prec = (decimals, decimals)
        text: str = pattern.apply(amount, self._locale, currency=currency, currency_digits=False)
        return self._displayable(text, currency)


def balance_of(row: Entity) -> Decimal:
    """Return the exact balance of a row."""
    return Decimal(str(row["BalanceText"]))
