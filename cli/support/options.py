"""The options that several commands share: the settings that `--settings` names, the accounts that `--account` names."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import typer

from shared.errors import SettingProblem, SettingsInvalid
from shared.net.exact_json import loads
from shared.settings.accounts import Account
from shared.settings.read import NAMES, Settings, read_settings

FILE_NAME = "local.settings.json"
PROJECT = Path(__file__).resolve().parents[2]

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_NAMED = 8
"""Accounts in a message."""

SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="Read the settings from this file alone, instead of the environment and local.settings.json.",
    ),
]

SomeAccounts = Annotated[
    list[str] | None,
    typer.Option("--account", metavar="NAME", help="This account alone, by its name or tenant id; may be repeated."),
]


AsFormat = Annotated[
    Literal["table", "csv", "json"], typer.Option("--format", help="A table for people; CSV or JSON for programs.")
]

Write = Annotated[
    bool,
    typer.Option("--write", help="Insert. Without it nothing is changed: the command only shows what it would do."),
]


def as_date(text: str) -> date:
    """Read a day such as 2026-11-23.

    Raises:
        typer.BadParameter: it is not one.

    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day: write it as 2026-11-23.") from None


def names_of(accounts: Sequence[Account]) -> str:
    """Name the accounts in a message, the first few of many."""
    names = [account.name for account in accounts[:_MOST_NAMED]]
    return ", ".join(names) + (f" and {len(accounts) - len(names)} more" if len(accounts) > len(names) else "")


def choose(accounts: Sequence[Account], names: Sequence[str] | None) -> tuple[Account, ...]:
    """Return the accounts of these names or tenant ids, in the settings' order, all without a name; or BadParameter."""
    keys = {account: {account.name.lower(), account.tenant_id} for account in accounts}
    wanted = {name.strip().lower(): name for name in names or ()}
    if unknown := [name for key, name in wanted.items() if not any(key in own for own in keys.values())]:
        raise typer.BadParameter(
            f"no configured account is called {' or '.join(map(repr, unknown))}. There are: {names_of(accounts)}."
        )
    return tuple(account for account, own in keys.items() if not wanted or own & wanted.keys())


def tenants_of(accounts: Sequence[Account], names: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the tenant ids of named accounts, in the settings' order, former ones after; None, which means all, when none is named.

    A tenant id need not be configured any more: its history is kept. Any other name raises BadParameter.
    """
    if not names:
        return None
    configured = {account.tenant_id for account in accounts}
    former = {key for name in names if _GUID.fullmatch(key := name.strip().lower())} - configured
    named = [name for name in names if name.strip().lower() not in former]
    return (*(account.tenant_id for account in (choose(accounts, named) if named else ())), *sorted(former))


class SettingsSource(NamedTuple):
    """The values to read settings from, and where they come from, in words."""

    environ: Mapping[str, str]
    origin: str

    def read(self) -> Settings:
        """Read the settings, or raise SettingsInvalid with every problem of every setting."""
        return read_settings(self.environ)


def find_settings(environ: Mapping[str, str], file: Path | None) -> SettingsSource:
    """Find the settings.

    A named file is the only source of settings. Otherwise a setting of the environment overrides that of local.settings.json, which
    is looked for in the current folder and then beside `cli`. Other variables (IDENTITY_ENDPOINT, proxies) always come from the
    environment. A file that cannot be read as settings raises SettingsInvalid.
    """
    if file is not None:
        others = {name: value for name, value in environ.items() if name not in NAMES}
        return SettingsSource({**others, **_values(file)}, str(file))
    found = next((place.absolute() for folder in (Path(), PROJECT) if (place := folder / FILE_NAME).is_file()), None)
    if found is None:
        return SettingsSource(environ, "the environment")
    own = {name: value for name, value in environ.items() if value.strip() or name not in NAMES}
    return SettingsSource({**_values(found), **own}, f"the environment and {found}")


def _values(file: Path) -> dict[str, str]:
    """Return the settings of ours in a file of the form that Azure Functions Core Tools use."""

    def invalid(wrong: str, right: str) -> SettingsInvalid:
        return SettingsInvalid((SettingProblem(str(file), wrong, right),))

    try:
        document = loads(file.read_bytes())
    except ValueError as error:
        raise invalid(f"is not JSON in UTF-8 ({error})", "compare local.settings.example.json") from None
    except OSError as error:
        raise invalid(f"cannot be read ({error.strerror})", "a file that you may read") from None
    values = document.get("Values") if isinstance(document, dict) else None
    if not isinstance(values, dict):
        raise invalid('has no object "Values"', 'the settings as members of "Values", as in the example file')
    if document.get("IsEncrypted"):
        raise invalid("is encrypted", "run `func settings decrypt` first")
    ours = {name: value for name, value in values.items() if name in NAMES}
    if wrong := ", ".join(name for name, value in ours.items() if not isinstance(value, str)):
        raise invalid(f"holds {wrong} as something other than text", "every value in quotes, PARTNER_ACCOUNTS too")
    return ours
