"""infra/alerts.bicep and its queries: each fires when a person is needed and is quiet otherwise.

The queries are those of the deployed rules. Microsoft's language service binds them; DuckDB runs them over the lines of simulated days.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.log import LOGGER, Marker
from standin import StandIn
from standin.faults import Status, throttled
from standin.sample import summary
from tests.infra.tools.bicep import INFRA, ROOT
from tests.infra.tools.deployment import deployment
from tests.infra.tools.function_log import FunctionLog
from tests.infra.tools.kql import COLUMNS, Workspace, mails

FIRST = datetime(2026, 11, 2, tzinfo=UTC)
USUAL, EVERYTHING = deployment("usual"), deployment("everything")
COMPONENT = USUAL.only("Microsoft.Insights/components")["id"]
ARCHIVE, TABLE = (str(each["name"]) for each in USUAL.all("Microsoft.Storage/storageAccounts"))
RULES = USUAL.rules
MUTE = {"run-failed": "PT6H", "archive-failed": "PT6H", "credit-used": None} | dict.fromkeys(
    ("no-run", "secret-expiring", "ledger-failed", "history-changed"), "P1D"
)
SEVERE = {"no-run": 0, "run-failed": 1, "history-changed": 1}
NODE = ROOT / "tests/infra/tools/node"


@pytest.fixture
def log(world: StandIn, caplog: pytest.LogCaptureFixture) -> Iterator[FunctionLog]:
    """Return a function whose first day was healthy."""
    caplog.set_level("INFO", LOGGER.name)
    log = FunctionLog(world)
    LOGGER.addHandler(log)
    log.fire(hours(0))
    yield log
    LOGGER.removeHandler(log)


def at(day: int, hour: int = 0) -> datetime:
    """Return a time of a day, the first being 0."""
    return FIRST + timedelta(days=day, hours=hour)


def hours(day: int, these: Iterable[int] = range(24)) -> list[datetime]:
    """Return hours of a day."""
    return [at(day, hour) for hour in these]


def query(name: str, rules: dict[str, Any] = RULES) -> str:
    """Return the query of a rule as it is deployed."""
    return str(rules[name]["criteria"]["allOf"][0]["query"])


def workspace_of(log: FunctionLog, component: str = COMPONENT) -> Workspace:
    """Return the workspace that holds what a function logged; Azure writes its resource id in lower case."""
    workspace, component = Workspace(), component.lower()
    workspace.add("AppTraces", [(when, text, component) for when, text in log.lines])
    workspace.add("AppRequests", [(when, success, "BalanceSnapshot", component) for when, success in log.invocations])
    return workspace


def sent(name: str, log: FunctionLog, start: datetime, end: datetime, **how: bool) -> list[Any]:
    """Return the mails of a rule: when, and the values of its dimensions."""
    return mails(workspace_of(log), RULES[name], start, end, **how)


def test_a_rule_is_set_up_as_the_service_wants_it() -> None:
    """Muting and resolving exclude each other; what an account can hide of another is six hours; each leads to the guide."""
    assert {name: rule.get("muteActionsDuration") for name, rule in RULES.items()} == MUTE
    assert {name: rule["severity"] for name, rule in RULES.items() if rule["severity"] < 2} == SEVERE
    for name, rule in RULES.items():
        assert rule["autoMitigate"] is (MUTE[name] is None)
        assert (rule["evaluationFrequency"], rule["overrideQueryTimeRange"]) == ("PT1H", "P2D")
        assert rule["skipQueryValidation"] is rule["enabled"] is True
        assert rule["description"].endswith(f" What to do: docs/operate.md#{name}")
        assert EVERYTHING.rules[name]["description"].endswith(f" https://example.com/guide#{name}")
        assert rule["actions"] == {"actionGroups": [USUAL.only("Microsoft.Insights/actionGroups")["id"]]}


@pytest.mark.skipif(
    shutil.which("node") is None or not (NODE / "node_modules").is_dir(),
    reason="Node.js or its packages are not installed",
)
def test_microsofts_language_service_accepts_the_queries() -> None:
    """Every name and type is bound against the columns of the tables; a misspelled column is found."""
    queries = {name: query(name) for name in RULES} | {
        "broken": query("no-run").replace("TimeGenerated >", "TimeGenerate >")
    }
    node = shutil.which("node") or "node"
    schema = {
        table: ", ".join(f"{name}: {kind}" for name, kind in columns.items()) for table, columns in COLUMNS.items()
    }
    given = json.dumps({"schema": {table: f"({columns})" for table, columns in schema.items()}, "queries": queries})
    result = subprocess.run([node, "check.cjs"], cwd=NODE, input=given, capture_output=True, text=True, check=True)  # noqa: S603 - from PATH
    found = json.loads(result.stdout)
    assert found.pop("broken")
    assert found == {name: [] for name in RULES}


def test_healthy_days_are_quiet(log: FunctionLog) -> None:
    """A mail that says nothing teaches people to ignore the next one."""
    log.fire([*hours(1), *hours(2, range(6))])
    assert [(name, mail) for name in RULES for mail in sent(name, log, at(1), at(2, 6))] == []


def test_a_dead_timer_is_told_after_three_hours(log: FunctionLog) -> None:
    """Nothing runs and nothing fails: the last run was at 23:17. The parameter serves a sparser schedule."""
    assert sent("no-run", log, at(1), at(2)) == [(at(1, 3), ())]
    assert "let silence = 26h;" in query("no-run", EVERYTHING.rules)


@pytest.mark.parametrize(
    ("lasting", "reported"), [(1, []), (5, []), (7, [(at(1, 7), ("Contoso", "partner-throttled"))])]
)
def test_what_may_pass_is_mailed_after_six_hours(log: FunctionLog, lasting: int, reported: list[Any]) -> None:
    """A day that heals after one or five hours wakes nobody."""
    with log.failing("partner", throttled(), "Contoso"):
        log.fire(hours(1, range(lasting)))
    log.fire(hours(1, range(lasting, 24)))
    assert sent("run-failed", log, at(1), at(2)) == reported


def test_what_needs_a_person_is_told_at_once_and_every_six_hours(log: FunctionLog) -> None:
    """A second cause is a mail of its own, and a healed account none, although another one goes on failing."""
    with log.failing("partner", Status(403), "Fabrikam"):
        with log.failing("partner", Status(403), "Contoso"):
            log.fire(hours(1, range(8)))
        secret = str(log.partners["Contoso"].secret_name)
        with log.failing("vault", Status(404, '{"error": {"code": "SecretNotFound"}}'), path_contains=secret):
            log.fire(hours(1, [8]))
        log.fire(hours(1, range(9, 24)))
    assert [(when, about[1]) for when, about in sent("run-failed", log, at(1), at(2)) if about[0] == "Contoso"] == [
        (at(1, 1), "partner-access-denied"),
        (at(1, 7), "partner-access-denied"),
        (at(1, 9), "vault-secret-missing"),
    ]


@pytest.mark.parametrize(("mute_is_shared", "hour"), [(False, 4), (True, 7)])
def test_a_second_account_is_told_during_the_mute_or_after_six_hours(
    log: FunctionLog, hour: int, *, mute_is_shared: bool
) -> None:
    """Whichever way Azure counts the mute time, no account silences another for longer."""
    with log.failing("partner", Status(403), "Contoso"):
        log.fire(hours(1, range(3)))
        with log.failing("partner", Status(403), "Fabrikam"):
            log.world.table.clear()  # so that Fabrikam is read again
            log.fire(hours(1, range(3, 10)))
    reported = sent("run-failed", log, at(1), at(1, 9), mute_is_shared=mute_is_shared)
    assert [when for when, about in reported if about[0] == "Fabrikam"] == [at(1, hour)]


def test_failures_of_no_account_are_told_for_all_until_a_run_is_complete(log: FunctionLog) -> None:
    """Invalid settings name no account; a run that died logs nothing, and the host's record is all there is."""
    right, log.environ = log.environ, log.environ | {"SNAPSHOT_TABLE_NAME": "No"}
    log.fire(hours(1, [6]))
    log.environ = right
    log.invocations.append((at(1, 7), False))
    log.fire(hours(1, [8]))
    assert sent("run-failed", log, at(1), at(1, 20)) == [
        (at(1, 7), ("all accounts", "settings-invalid")),
        (at(1, 8), ("all accounts", "no-answer")),
    ]


def test_warnings_of_a_day(log: FunctionLog) -> None:
    """Expiry, archive and ledger are mailed once in their time, with what a person needs to know."""
    secrets = {name: str(partner.secret_name) for name, partner in log.partners.items()}
    for secret in secrets.values():
        (version,) = log.world.vault.versions(secret)
        version.expires_on = at(15, 12)
    with log.failing("archive", Status(403)), log.failing("table", Status(403), path_contains="balancesruns"):
        log.fire(hours(1))
    end = at(1, 23)
    assert sent("secret-expiring", log, at(1), end) == [
        (at(1, 1), (name, secret, "14")) for name, secret in secrets.items()
    ]
    assert sent("archive-failed", log, at(1), end) == [(at(1, 1), (name, "table-access-denied")) for name in secrets]
    assert sent("ledger-failed", log, at(1), end) == [(at(1, 1), ("table-access-denied",))]
    assert sent("run-failed", log, at(1), end) == []


def test_credit_is_told_when_a_percentage_is_reached_and_not_again(log: FunctionLog) -> None:
    """72 % for weeks is one mail; a limit in a currency that no balance has is mailed as unknown."""
    for day, percent in enumerate(("69.9", "70", "72", "86"), start=1):
        for partner in log.partners.values():
            log.world.partner_center.balances(partner.tenant_id, summary(1000 * Decimal(percent)))
        log.fire(hours(day, [6]))
    log.environ["PARTNER_ACCOUNTS"] = log.environ["PARTNER_ACCOUNTS"].replace("100000 USD", "100000 EUR")
    log.fire(hours(5, [6]))
    reported = [(mail, about[2]) for mail, about in sent("credit-used", log, at(1), at(6)) if about[0] == "Contoso"]
    assert reported == [(at(2, 7), "70"), (at(4, 7), "85"), (at(5, 7), "unknown")]
    assert "dynamic([50,60])" in query("credit-used", EVERYTHING.rules)


WRITES = [
    ("AccountKey", "DeleteTable", "204", "StorageDelete", True),
    ("SAS", "InsertEntity", "201", "StorageWrite", True),
    ("OAuth", "MergeEntity", "204", "StorageWrite", True),
    ("OAuth", "DeleteEntity", "204", "StorageDelete", True),
    ("OAuth", "MergeEntity", "403", "StorageWrite", False),
    ("AccountKey", "QueryEntities", "200", "StorageRead", False),
]


@pytest.mark.parametrize(("kind", "operation", "status", "category", "reported"), WRITES)
def test_who_writes_to_the_history_in_another_way_is_told(
    kind: str, operation: str, status: str, category: str, *, reported: bool
) -> None:
    """By key, or with another operation than an insert; what was refused, and another account's table, wake nobody."""
    for account in (ARCHIVE, TABLE, "another"):
        workspace = Workspace()
        workspace.add("StorageTableLogs", [(at(0, 5), account, kind, operation, status, category, "", "203.0.113.7")])
        found = workspace.rows(query("history-changed"), at(0, 6))
        assert bool(found) is (reported and account != "another")


OPERATIONS = {
    "POST": "InsertEntity",
    "PUT": "UpdateEntity",
    "MERGE": "MergeEntity",
    "PATCH": "MergeEntity",
    "DELETE": "DeleteEntity",
}


def test_the_function_and_its_commands_wake_nobody(log: FunctionLog, tmp_path: Path) -> None:
    """What `check` attempts is refused, and `run`, `import` and `restore` only insert, alone or in a transaction."""
    log.world.clock.reset()
    log.world.archive.clear()
    (tmp_path / "rows.csv").write_text(
        "SnapshotDate,CurrencyCode,BalanceAmount,AccountName\n2026-01-30,USD,5,Contoso\n2026-01-31,USD,5,Contoso\n",
        "utf-8",
    )
    for command in ("check", "run", "import rows.csv --write", "restore --write"):
        line = [sys.executable, "-m", "cli", *command.split()]
        environ = os.environ | log.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(line, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - our own
        assert done.returncode == 0, done.stdout + done.stderr
    workspace, seen = Workspace(), set()
    for call in (*log.world.journal.calls("table"), *log.world.journal.calls("archive")):
        if call.method != "GET" and "Tables" not in call.path:  # the deployment creates the tables
            name = "EntityGroupTransaction" if call.path.endswith("$batch") else OPERATIONS[call.method]
            seen.add(name)
            account = TABLE if call.service == "table" else ARCHIVE
            entry = (at(0, 5), account, "OAuth", name, str(call.status), "StorageWrite", "them", "")
            workspace.add("StorageTableLogs", [entry])
    assert {"InsertEntity", "EntityGroupTransaction", "MergeEntity"} <= seen
    assert workspace.rows(query("history-changed"), at(0, 6)) == []


def test_lines_of_another_deployment_do_not_count(log: FunctionLog) -> None:
    """Another's good runs in one workspace must not hide that this one is dead."""
    assert workspace_of(log, f"{COMPONENT}2").rows(query("no-run"), at(0, 23))


def test_the_queries_match_every_marker() -> None:
    """A marker that is misspelled never fires."""
    texts = "".join(path.read_text("utf-8") for path in (INFRA / "alerts").glob("*.kql"))
    assert set(re.findall(r"'([A-Z]+_[A-Z]+)'", texts)) == set(Marker)
