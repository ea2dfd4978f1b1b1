"""The configured accounts that a command is about, and doing something for each."""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import typer

from shared.errors import SnapshotError, as_snapshot_error
from shared.services import SIDE_BY_SIDE
from shared.settings.accounts import Account

T = TypeVar("T")

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_NAMED = 8
"""Accounts in a message."""


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


def for_each(
    accounts: Sequence[Account], work: Callable[[Account], T]
) -> tuple[list[tuple[Account, T]], list[tuple[Account, SnapshotError]]]:
    """Do the work for the accounts side by side; return the results and, apart, the failures, which cost the others nothing."""

    def one(account: Account) -> T | SnapshotError:
        try:
            return work(account)
        except Exception as error:  # noqa: BLE001 - reported as what it is by whoever asked
            return as_snapshot_error(error)

    with ThreadPoolExecutor(min(SIDE_BY_SIDE, len(accounts))) as pool:
        both = list(zip(accounts, pool.map(one, accounts), strict=True))
    failed = [(account, result) for account, result in both if isinstance(result, SnapshotError)]
    return [(account, result) for account, result in both if not isinstance(result, SnapshotError)], failed
