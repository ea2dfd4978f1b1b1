"""The accounts that a command covers."""

from collections.abc import Sequence
from typing import Annotated

import typer

from shared.settings.accounts import Account
from shared.settings.values import GUID

_MAX_NAMED = 8
"""The most account names in one message."""

SomeAccounts = Annotated[
    list[str] | None,
    typer.Option("--account", metavar="NAME", help="Only this account, by name or tenant ID; can be repeated."),
]


def names_of(accounts: Sequence[Account]) -> str:
    """Return the accounts' names for a message; long lists are shortened."""
    names = [account.name for account in accounts[:_MAX_NAMED]]
    return ", ".join(names) + (f" and {len(accounts) - len(names)} more" if len(accounts) > len(names) else "")


def choose(accounts: Sequence[Account], names: Sequence[str] | None) -> tuple[Account, ...]:
    """Return the accounts with these names or tenant IDs (default: all), in the settings' order; raises BadParameter."""
    keys = {account: {account.name.lower(), account.tenant_id} for account in accounts}
    wanted = {name.strip().lower(): name for name in names or ()}
    if unknown := [name for key, name in wanted.items() if not any(key in aliases for aliases in keys.values())]:
        raise typer.BadParameter(
            f"no configured account is named {' or '.join(map(repr, unknown))}. Configured accounts: {names_of(accounts)}."
        )
    return tuple(account for account, aliases in keys.items() if not wanted or aliases & wanted.keys())


def tenants_of(accounts: Sequence[Account], names: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the tenant IDs of the named accounts, configured ones first, in the settings' order; None (all) without names.

    A tenant ID may belong to a former account, whose history is kept. An unknown name raises BadParameter.
    """
    if not names:
        return None
    configured = {account.tenant_id for account in accounts}
    former = {key for name in names if GUID.fullmatch(key := name.strip().lower())} - configured
    named = [name for name in names if name.strip().lower() not in former]
    return (*(account.tenant_id for account in (choose(accounts, named) if named else ())), *sorted(former))
