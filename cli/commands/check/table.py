"""The steps of a check that are a table's: reachable, and what may be done there, without leaving a trace."""

from collections.abc import Iterator, Sequence
from datetime import date

from cli.commands.check.findings import Finding, Status, failed
from cli.support.operator_table import OperatorTable
from shared.errors import TableAccessDenied
from shared.settings.accounts import Account


def check_history(step: str, table: OperatorTable, accounts: Sequence[Account], today: date) -> Iterator[Finding]:
    """Yield what is found about the table of the history: how many accounts have their row of the day, and the rights.

    Raises:
        TableUnreachable, TableAccessDenied, ClockWrong: by the service's answer.

    """
    with_row = sum(bool(table.rows_of(account.tenant_id, today)) for account in accounts)
    facts = {"accounts": len(accounts), "accountsWithRow": with_row}
    yield from check_table(step, table, f"; {with_row} of {len(accounts)} accounts have their row of {today}", facts)


def check_table(
    step: str, table: OperatorTable, about: str = "", facts: dict[str, int] | None = None
) -> Iterator[Finding]:
    """Yield what may be done in a table; raises as `check_history`."""
    insert, change = table.may_insert(), table.may_change()
    if change is None:
        says = "reachable; the table does not exist yet: the first run creates it if it is allowed to"
        yield Finding(step, says, Status.NOTE, facts={"exists": False, **(facts or {})})
        return
    yield Finding(
        step, f"readable{about}", facts={"exists": True, "mayInsert": insert, "mayChange": change, **(facts or {})}
    )
    if insert is None:
        yield Finding(step, "empty: the first insert will show whether rows may be inserted", Status.NOTE)
    elif insert:
        yield Finding(step, "rows may be inserted")
    else:
        yield failed(step, TableAccessDenied("rows may be read but not inserted"))
    if change:
        says = "rows may be changed too: more than the job needs; the append role of infra/ has no such right"
        yield Finding(step, says, Status.NOTE)
    else:
        yield Finding(step, "rows cannot be changed, as it should be")
