"""The steps of a check that are a table's: reachable, and what may be done there, without leaving a trace."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from cli.commands.check.findings import Finding, failed, note, ok
from cli.support.operator_table import OperatorTable
from shared.errors import TableAccessDenied
from shared.settings.accounts import Account


def check_history(step: str, table: OperatorTable, accounts: Sequence[Account], today: date) -> Iterator[Finding]:
    """Yield how many accounts have their row of the day, and the rights on a table of the history."""
    with_row = sum(bool(table.rows_of(account.tenant_id, today)) for account in accounts)
    about = f"; {with_row} of {len(accounts)} accounts have their row of {today}"
    yield from check_table(step, table, about, accounts=len(accounts), accountsWithRow=with_row)


def check_table(step: str, table: OperatorTable, about: str = "", **facts: Any) -> Iterator[Finding]:
    """Yield what may be done in a table; raises the table's errors."""
    if not table.exists():
        says = "reachable; the table does not exist yet: the first run creates it if it is allowed to"
        yield note(step, says, exists=False, **facts)
        return
    insert, change = table.may_insert(), table.may_change()
    yield ok(step, f"readable{about}", exists=True, mayInsert=insert, mayChange=change, **facts)
    if insert is None:
        yield note(step, "empty: the first insert will show whether rows may be inserted")
    elif insert:
        yield ok(step, "rows may be inserted")
    else:
        yield failed(step, TableAccessDenied("rows may be read but not inserted"))
    if change:
        yield note(
            step, "rows may be changed too: more than the job needs; the append role of infra/ has no such right"
        )
    else:
        yield ok(step, "rows cannot be changed, as it should be")
