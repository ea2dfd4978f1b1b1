"""The steps of a check that are the table's: reachable, and what may be done there, without leaving a trace."""

from collections.abc import Iterator, Sequence
from datetime import date

from cli.commands.check.findings import Finding, Status, failed
from cli.support.operator_table import OperatorTable
from shared.errors import TableAccessDenied
from shared.settings.accounts import Account


def check_table(step: str, table: OperatorTable, accounts: Sequence[Account], today: date) -> Iterator[Finding]:
    """Yield what is found about a table, or the archive.

    Raises:
        TableUnreachable, TableAccessDenied: by the service's answer.

    """
    with_row = sum(bool(table.rows_of(account.tenant_id, today)) for account in accounts)
    insert, change = table.may_insert(), table.may_change()
    if change is None:
        yield Finding(
            step, "reachable; the table does not exist yet: the first run makes it, where it may", Status.NOTE
        )
        return
    yield Finding(step, f"readable; {with_row} of {len(accounts)} accounts have their row of {today}")
    if insert is None:
        yield Finding(step, "empty: whether rows may be inserted shows with the first one", Status.NOTE)
    elif insert:
        yield Finding(step, "rows may be inserted")
    else:
        yield failed(step, TableAccessDenied("rows may be read and not inserted"))
    if change:
        says = "rows may be changed too: more than the job needs; the append role of infra/ has no such right"
        yield Finding(step, says, Status.NOTE)
    else:
        yield Finding(step, "rows cannot be changed, as it should be")
