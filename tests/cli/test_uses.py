"""How each command is used, rightly and wrongly: its exit status and output.

The first right and the first wrong use of each command run in processes that are really started; the others in forks.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest

from cli.__main__ import COMMANDS
from standin import StandIn
from standin.directory import SignIn
from standin.faults import Fault, Status, WrongDate, unavailable
from standin.sample import summary
from standin.services.partner_center import error_response
from tests.cli.conftest import Cli, ForkServer, new_cli, person
from tests.support.rows import TENANT, TODAY, days_ago

# exit status | command | expected stdout, or stderr after a `!`; texts are separated by ~ | the situation, if it is not the usual one
USES = """
0 | LANG=de_DE PARTNER_TENANT_ID=none demo        | Key Vault       401 ~ SNAPSHOT_RECORDED ~ Archive         204 ~ Balance:  $68,059.03 ~ TODAY_USD ~ SNAPSHOT_KEPT
0 | demo                                          | partner-unavailable: 24 runs tried, from 00:17 to 23:17 ~ missed: 1 day; ~ (x = missed day) ~ nothing is left
0 | demo --help                                   | Usage: python -m cli demo [OPTIONS]
2 | demo now                                      | ! Got unexpected extra argument(s) (now)
2 | demo --account Contoso                        | ! No such option: --account
2 | demo --settings local.settings.json           | ! No such option: --settings
2 | demo --format json                            | ! No such option: --format
2 | demo --write                                  | ! remedy: python -m cli demo --help

0 | check                                         | exists; no expiry date in the vault, so nothing can warn before it expires
0 | check                                         | ok      limit       Contoso: credit limit $85,000.00, 80.1 % used
0 | check --account Contoso                       | 1 account, time zone UTC ~ Nothing failed: 17 findings, 4 notes.
0 | check --format csv                            | step,status,account,tenantId,code,message,remedy
0 | check --format json                           | "ok": true ~ "step": "mfa"
2 | check --wait 30                               | ! --wait needs --deployed.
2 | check --wait 0 --deployed https://a.example   | ! Invalid value for '--wait':
2 | check --deployed http://a.example             | ! is not a function app's address
2 | check --deployed https://a.example            | ! --deployed needs the function app's master key
2 | check --account                               | ! Option '--account' requires an argument.
1 | check                                         | FAILED  clock       clock-wrong ~ minutes behind the clock of ~ FAILED: | clock
1 | check                                         | FAILED  table       table-access-denied ~ ledger                     | table
1 | check                                         | FAILED  vault       Contoso: vault-access-denied ~ ok      clock     | vault
1 | SNAPSHOT_TIME_ZONE=Mars check                 | FAILED  settings    settings-invalid ~ SNAPSHOT_TIME_ZONE is not an

0 | status                                        | Contoso   USD       TODAY  $68,059.03 ~ JPY ~ Last run: ~ 0 failed
0 | status --account contoso --format csv         | account,tenantId,currency,day ~ Contoso,TENANT,USD,TODAY,68059.03,
0 | status --format json                          | "lastRun": {"startedAt" ~ "problems": []
0 | status --account Contoso                      | +$67,059.53       1  80.1 %  -                                    | vault
2 | status now                                    | ! Got unexpected extra argument
2 | status --account Nobody                       | ! no configured account is named 'Nobody'
2 | status --format xml                           | ! 'xml' is not one of 'table', 'csv', 'json'.
1 | status                                        | ! clock-wrong                                                        | clock
1 | AZURE_CLIENT_ID=NOBODY status                 | ! identity-unavailable ~ remedy: Run `az login`

0 | run                                           | TODAY: 2 accounts: 0 recorded, 2 kept, 0 failed
0 | run --account contoso                         | TODAY: 1 account: 0 recorded, 1 kept, 0 failed
0 | run --dry-run                                 | Contoso: nothing would be inserted; already recorded: TODAY_USD.
2 | run --settings missing.json                   | ! Invalid value for '--settings':
2 | run --dry                                     | ! No such option: --dry
1 | run --dry-run                                 | ! sign-in-rejected  Contoso ~ create a new client secret             | secret
1 | run                                           | 2 failed ~ ! SNAPSHOT_FAILED  Contoso ~ remedy: Your Azure sign-in   | table
1 | run                                           | 2 failed ~ ! code=clock-wrong                                        | clock

0 | balance --account Contoso                     | Balance:  $68,059.03 ~ 80.1 % of the $85,000.00 limit
0 | LANG=de_DE.UTF-8 balance                      | Balance:  68.059,03 $ ~ Fabrikam, JPY, accounting date 2018-03-16
0 | balance --format csv                          | currency,balance,creditLimit ~ USD,68059.03,85000,80.1,2018-03-16T
0 | balance --format json                         | "errors": []
0 | PYTHONUTF8=0 PYTHONIOENCODING=ascii balance   | Balance:  JPY 7
1 | balance                                       | ! partner-unavailable  Contoso (TENANT) ~ remedy: Run this again.    | partner
1 | balance --format json                         | "remedy": "Run this again.                                           | partner
1 | balance                                       | ! partner-access-denied ~ request id:                                | denied
1 | KEY_VAULT_URL= SNAPSHOT_TABLE_ENDPOINT= balance | ! settings-invalid ~ KEY_VAULT_URL is missing ~ SNAPSHOT_TABLE_ENDPOINT is
2 | balance --format xml                          | ! Invalid value for '--format': 'xml' is not one of
2 | balance --jsn                                 | ! No such option: --jsn ~ remedy: python -m cli balance --help

0 | history --last 30d                            | missed: 1 day; Partner Center has no balances for past days
0 | FORCE_COLOR=1 history --by month --format csv | account,tenantId,month,currency,close ! note  Contoso: missed:
0 | history --runs                                | Recorded ~ cli
2 | history --last 5000y                          | ! '5000y' is not a period of at most 100y
2 | history --from 2026-13-01                     | ! '2026-13-01' is not a date: write it as 2026-11-23.
2 | history --last soon                           | ! 'soon' is not a period
2 | history --from 2026-01-02 --to 2026-01-01     | ! --from 2026-01-02 is after --to 2026-01-01.
2 | history --from 2026-01-02 --last 3d           | ! give --from or --last, not both.
2 | history --from 2999-01-01                     | ! is in the future: today is TODAY.
2 | history --format csv --output x.csv           | ! give only one of --format, --output and --html.
2 | history --output x.png                        | ! --output needs a name ending in .csv or .json or .xlsx.
2 | history --html no/such/x.html                 | ! the folder of 'no/such/x.html' does not exist.
2 | history --html .                              | ! is a directory
2 | history --plot --format csv                   | ! --plot works only with the daily table.
2 | history --currency dollar                     | ! --currency: three letters such as USD, not 'DOLLAR'.
2 | history --currency=                           | ! --currency: three letters such as USD, not ''.
2 | history --by month --html x.html              | ! --html shows days and months: omit --by.
2 | history --runs --by month                     | ! --runs works only with --from, --to, --last and --format.
0 | SNAPSHOT_TABLE_NAME=elsewhere history         | ! the table elsewhere (SNAPSHOT_TABLE_NAME) does not exist
1 | history --currency xyz                        | ! No rows in XYZ in this period. ~ The currencies are: JPY, USD.
1 | history --fail-on-gap                         | missed ~ ! 1 day missing
1 | history                                       | ! table-access-denied                                                | table

0 | import --template                             | SnapshotDate,CurrencyCode,BalanceAmount
0 | import history.csv                            | 0 new, 38 already recorded ~ Nothing was written.
0 | import german.csv --decimal comma             | $68,059.00 to $68,059.00: 1 new
1 | import german.csv                             | ! 68.059
2 | import                                        | ! name a file, or use --template.
2 | COLUMNS=0 import missing.csv                  | ! Invalid value for 'FILE': file 'missing.csv' does not exist.
2 | import history.csv --decimal nothing          | ! 'nothing' is not one of
1 | import history.csv                            | ! table-access-denied                                                | table

0 | consent                                       | the token and returned the balance. ~ Fabrikam: stored in ~ (90 days)
0 | consent --account Fabrikam                    | Fabrikam: stored in the secret
0 | consent                                       | stored in the secret ~ ! did not report whether the sign-in used MFA | silent
1 | consent --account Contoso                     | ! Contoso signs in as an app, without a user's consent.
1 | consent --no-browser                          | ! The input ended before the question was answered.
1 | consent --no-browser < http://localhost/?a=b  | ! is incomplete, or it belongs to another
1 | consent                                       | ! consent-required ~ 65004                                           | declined
1 | consent                                       | ! vault-access-denied ~ Your Azure sign-in needs ~ set secrets                                  | read-only

0 | restore                                       | Contoso: 39 rows equal ~ Fabrikam: 2 rows equal
0 | restore --account Contoso --write             | Contoso: 39 rows equal
0 | restore --to table                            | Fabrikam: 2 rows equal
1 | SNAPSHOT_ARCHIVE_ENDPOINT= restore            | ! SNAPSHOT_ARCHIVE_ENDPOINT is missing
2 | restore --to nowhere                          | ! Invalid value for '--to': 'nowhere' is not one of 'table', 'archive'.
2 | restore --account Nobody                      | ! no configured account is named 'Nobody'
2 | restore now                                   | ! Got unexpected extra argument
1 | restore                                       | ! the archive's table ~ remedy: Your Azure sign-in needs the append  | archive
"""

NOBODY = "99999999-9999-9999-9999-999999999999"
REFUSED = '{"odata.error":{"code":"AuthorizationPermissionMismatch"}}'
Situation = Callable[[StandIn], AbstractContextManager[object]]


def fault(service: str, played: Fault) -> Situation:
    """Return a fault that lasts for the whole test case."""

    @contextmanager
    def during(world: StandIn) -> Iterator[None]:
        rule = world.faults.add(service, played, times=None)
        yield
        rule.remove()

    return during


SITUATIONS: dict[str, Situation] = {
    "": lambda _: nullcontext(),
    "archive": fault("archive", Status(403, REFUSED)),
    "clock": fault("table", WrongDate(timedelta(days=1))),
    "declined": lambda world: patch.object(world.entra, "sign_in", SignIn(denied=True)),
    "denied": fault("partner", error_response(900308)),
    "partner": fault("partner", unavailable(600)),
    "read-only": lambda world: patch.object(world.identity.user_assigned, "vault_rights", {"get"}),
    "secret": fault("entra", Status(401, '{"error":"invalid_client","error_codes":[7000222]}')),
    "silent": lambda world: patch.object(world.partner_center, "reports_mfa", new=False),
    "table": fault("table", Status(403, REFUSED)),
    "vault": lambda world: patch.object(world.identity.user_assigned, "vault_rights", set()),
}


def uses() -> Iterator[object]:
    """Yield the table's lines: exit status, command, output, situation, and whether to start a process."""
    seen: set[tuple[str, str]] = set()
    for line in filter(None, USES.splitlines()):
        status, command, expected, situation = (part.strip() for part in f"{line} | ".split(" | ")[:4])
        kind = named(command), "right" if status == "0" else "wrong"
        yield pytest.param(
            int(status), command, expected, situation, kind not in seen, id=f"{command} {situation}".strip()
        )
        seen.add(kind)


def named(command: str) -> str:
    """Return the command's name in a line."""
    return next(word for word in command.split() if word in COMMANDS)


@pytest.fixture(scope="module")
def used(session_world: StandIn, forks: ForkServer | None, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """Set up two accounts, one `app_user` with two currencies; forty days of history with one missing; an archive; a browser."""
    session_world.reset()
    cli = new_cli(tmp_path_factory.mktemp("uses"), forks)
    items = [summary(), summary(Decimal(7), "JPY", "¥")]
    accounts = [
        session_world.add_partner(
            name="Contoso", tenant_id=TENANT, credit_limit="85000 USD", secret_expires_in=None
        ).account,
        session_world.add_partner(name="Fabrikam", auth="app_user", balances="summaries", items=items).account,
    ]
    head = "SnapshotDate,CurrencyCode,BalanceAmount,AccountName\n"
    lines = [f"{days_ago(number)},USD,{1000 - number}.50,Contoso\n" for number in range(39, 0, -1) if number != 5]
    files = {
        "history.csv": head + "".join(lines),
        "german.csv": head.replace(",", ";") + "2020-01-01;USD;68.059;Contoso\n",
    }
    for name, text in files.items():
        (cli.folder / name).write_text(text, encoding="utf-8")
    cli.use(
        session_world.environ, session_world.environ_archive, {"PARTNER_ACCOUNTS": json.dumps(accounts)}, person(cli)
    )
    assert cli("import", "history.csv", "--write").status == cli("run").status == 0
    return cli


@pytest.mark.parametrize(("status", "command", "expected", "situation", "start"), list(uses()))
def test_a_use(
    used: Cli, session_world: StandIn, status: int, command: str, expected: str, situation: str, *, start: bool
) -> None:
    """It ends with the table's status and output; after wrong usage nothing else is printed."""
    before, name, after = command.replace("NOBODY", NOBODY).partition(named(command))
    environ = dict(word.split("=", 1) for word in before.split())
    arguments, _, given = after.partition(" < ")
    cli = replace(used, forks=None) if start else used
    with SITUATIONS[situation](session_world):
        done = cli(name, *arguments.split(), given=f"{given}\n" if given else None, **environ)
    shown = f"{done.out}\n{done.err}"
    out, _, err = expected.replace("TODAY", str(TODAY)).replace("TENANT", TENANT).partition("!")
    for stream, texts in ((done.out, out), (done.err, err)):
        assert all(text.strip() in stream.replace("\u00a0", " ") for text in texts.split(" ~ ")), shown
    assert done.status == status, shown
    assert (status == 2) == done.err.startswith("wrong usage\n    "), shown
    assert status != 2 or (not done.out and f"\n    remedy: python -m cli {name} --help\n" in done.err), shown
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_enough_uses(command: str) -> None:
    """At least three right ones and five wrong ones."""
    right = [
        line.startswith("0 ") for line in filter(None, USES.splitlines()) if named(line.split(" | ")[1]) == command
    ]
    assert right.count(True) >= 3
    assert right.count(False) >= 5
