"""The options that several commands share, and the accounts that `--account` names."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from shared.settings.accounts import Account

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
