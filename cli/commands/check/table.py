"""The steps of a check that are a table's: reachable, and what may be done there, without leaving a trace."""

from collections.abc import Iterator, Sequence
from datetime import date

from cli.commands.check.findings import Finding, failed, note, ok
from cli.support.tables import OperatorTable
from shared.errors import TableAccessDenied
from shared.settings.accounts import Account


def check_table(table: OperatorTable, accounts: Sequence[Account], today: date) -> Iterator[Finding]:
    """Yield how many of the accounts have their row of the day, and what may be done in the table; raises the table's errors."""
    with_row = sum(bool(table.rows_of(account.tenant_id, today)) for account in accounts)
    facts = {"accounts": len(accounts), "accountsWithRow": with_row} if accounts else {}
    if not table.exists():
        says = "reachable; the table does not exist yet: the first run creates it if it is allowed to"
        yield note(says, exists=False, **facts)
        return
    insert, change = table.may_insert(), table.may_change()
    about = f"; {with_row} of {len(accounts)} accounts have their row of {today}" if accounts else ""
    yield ok(f"readable{about}", exists=True, mayInsert=insert, mayChange=change, **facts)
    if insert is None:
        yield note("empty: the first insert will show whether rows may be inserted")
    elif insert:
        yield ok("rows may be inserted")
    else:
        yield failed(TableAccessDenied("rows may be read but not inserted"))
    if change:
        yield note("rows may be changed too: more than the job needs; the append role of infra/ has no such right")
    else:
        yield ok("rows cannot be changed, as it should be")
