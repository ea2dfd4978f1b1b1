"""The configured accounts that a command is about."""

import re
from collections.abc import Sequence
from typing import Annotated

import typer

from shared.settings.accounts import Account

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_NAMED = 8
"""Accounts in a message."""

SomeAccounts = Annotated[
    list[str] | None,
    typer.Option("--account", metavar="NAME", help="This account alone, by its name or tenant id; may be repeated."),
]


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
