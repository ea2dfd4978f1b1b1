"""Settings as the fields of a dataclass, and all problems with them, including invisible characters in a value."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from itertools import groupby
from typing import Any, TypeVar

from shared.errors import SettingProblem

T = TypeVar("T")

_MAX_RANGES = 20
_AROUND = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u00ad"
_MARK_IN_LATIN_1 = "\u00ef\u00bb\u00bf"
_QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u201e": "\u201c", "\u2018": "\u2019", "\u00ab": "\u00bb"}
_INVISIBLE = ("Cf", "Cc", "Cs", "Co")


class WrongValue(ValueError):
    """What is wrong with a value and, if the setting's own text does not say it, what is right.

    The text never shows the value: people paste secrets into the wrong field.
    """

    def __init__(self, wrong: str, right: str | None = None) -> None:
        super().__init__(wrong)
        self.right = right


@dataclass(frozen=True)
class Setting:
    """A setting: its name, its reader (which may raise `WrongValue`), what is right, and when it is required."""

    name: str
    read: Callable[[str], Any]
    right: str
    needed: Callable[[Any], bool]


def setting(
    name: str,
    read: Callable[[str], Any],
    right: str = "",
    *,
    default: str | None = None,
    needed: Callable[[Any], bool] = lambda _: False,
) -> Any:
    """Declare a dataclass field, as `dataclasses.field` does. `needed` tells, from all values, if it is required."""
    return field(default=read(default) if default else None, metadata={"setting": Setting(name, read, right, needed)})


def settings_of(kind: Any) -> dict[str, Setting]:
    """Return a dataclass's settings by field name."""
    return {one.name: one.metadata["setting"] for one in fields(kind) if one.metadata}


Source = Mapping[str, tuple[str, str]]
"""Where values come from: for each setting's name, its name in messages and its text."""


@dataclass
class ErrorCollector:
    """Reads values and collects the problems with them."""

    found: list[SettingProblem] = field(default_factory=list)

    def add(self, name: str, wrong: str, right: str) -> None:
        """Add one problem: the setting's name, what is wrong and what is right."""
        self.found.append(SettingProblem(name, wrong, right))

    def read(self, name: str, text: str, read: Callable[[str], T], right: str = "") -> T | None:
        """Return what `read` returns for a text, or add its problem and return None."""
        try:
            return read(text)
        except WrongValue as wrong:
            self.add(name, str(wrong), wrong.right or right)
            return None

    def read_all(self, kind: Any, source: Source) -> dict[str, Any]:
        """Return the valid values for a dataclass's settings, with invisible marks and spaces around them removed."""
        values: dict[str, Any] = {}
        for name, one in settings_of(kind).items():
            shown, raw = source[one.name]
            text = trim(raw)
            if text and (visible := self.read(shown, text, _visible)):
                values[name] = self.read(shown, visible, one.read, one.right)
        return {name: value for name, value in values.items() if value is not None}

    def require(self, kind: Any, source: Source, values: Collection[str], whole: Any) -> None:
        """Add a problem for each required setting without a value. One with a wrong value already has a problem."""
        noted = {problem.setting for problem in self.found}
        for name, one in settings_of(kind).items():
            shown = source[one.name][0]
            if name not in values and shown not in noted and one.needed(whole):
                self.add(shown, "is missing", one.right)

    def grouped(self) -> tuple[SettingProblem, ...]:
        """Return the problems; equal ones of several accounts as one, of `PARTNER_ACCOUNTS[0] to [299].tenantId`."""
        places: dict[tuple[str, str, str, str], list[int]] = {}
        for problem in self.found:
            array, *rest = re.split(r"\[(\d+)\]", problem.setting)
            key = (array, "".join(rest[1:]), problem.wrong, problem.right)
            places.setdefault(key, []).extend(map(int, rest[:1]))
        return tuple(
            SettingProblem(f"{array}{_ranges(sorted(set(indexes)))}{member}", wrong, right)
            for (array, member, wrong, right), indexes in places.items()
        )


def _ranges(indexes: list[int]) -> str:
    """Return sorted numbers as `[0] to [7], [9]`, or shortened when they are many."""
    runs = [[index for _, index in run] for _, run in groupby(enumerate(indexes), lambda pair: pair[1] - pair[0])]
    text = ", ".join(f"[{run[0]}]" + (f" to [{run[-1]}]" if len(run) > 1 else "") for run in runs[:_MAX_RANGES])
    return text + (f" and {len(runs) - _MAX_RANGES} more places" if len(runs) > _MAX_RANGES else "")


def _visible(text: str) -> str:
    if hidden := hidden_problem(text):
        raise WrongValue(hidden, "the value without it; retype it instead of pasting it")
    if text.startswith("@Microsoft.KeyVault"):
        raise WrongValue(
            "is a Key Vault reference that was not resolved", "the value itself: no setting here is secret"
        )
    return text


def trim(text: str) -> str:
    """Take byte order marks, zero-width characters and white space off both ends; editors and Windows PowerShell write them."""
    while (shorter := text.strip().strip(_AROUND).removeprefix(_MARK_IN_LATIN_1)) != text:
        text = shorter
    return text


def hidden_problem(text: str, allowed: str = "") -> str | None:
    """Return what a person cannot see in a trimmed value, with its place (characters from 1), or None."""
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in (_QUOTES[text[0]], text[0]):
        return f"has quotes around it, at characters 1 and {len(text)}"
    for place, character in enumerate(text, 1):
        if character in allowed:
            continue
        if unicodedata.category(character) in _INVISIBLE or (character != " " and character.isspace()):
            name = unicodedata.name(character, "CONTROL CHARACTER").lower()
            return f"has an invisible character at character {place} (U+{ord(character):04X}, {name})"
    return None
