"""infra/alerts.bicep and its queries: each fires when a person is needed and is quiet otherwise.

The queries are those of the deployed rules. Microsoft's language service binds them; DuckDB runs them over the lines of simulated days.
"""

import json
import logging
import re
import subprocess
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.__main__ import build
from shared.log import LOGGER, Marker
from standin import StandIn
from standin.azurite_process import find_node
from standin.faults import Status, throttled
from standin.sample import summary
from tests.end_to_end.conftest import environ_of
from tests.infra.tools.bicep import INFRA, ROOT
from tests.infra.tools.deployment import deployment
from tests.infra.tools.function_log import FunctionLog, at
from tests.infra.tools.kql import COLUMNS, Workspace, emails

USUAL, EVERYTHING = deployment("usual"), deployment("everything")
COMPONENT = str(USUAL.only("Microsoft.Insights/components")["id"])
ARCHIVE, TABLE = (str(each["name"]) for each in USUAL.all("Microsoft.Storage/storageAccounts"))
RULES = USUAL.rules
MUTE = {"run-failed": "PT6H", "archive-failed": "PT6H", "credit-used": None} | dict.fromkeys(
    ("no-run", "secret-expiring", "ledger-failed", "history-changed"), "P1D"
)
SEVERE = {"no-run": 0, "run-failed": 1, "history-changed": 1}
NODE = ROOT / "tests/infra/tools/node"


def query(name: str, rules: dict[str, Any] = RULES) -> str:
    """Return a rule's query as deployed."""
    return str(rules[name]["criteria"]["allOf"][0]["query"])


def test_a_rule_has_valid_settings() -> None:
    """Muting and auto-resolving exclude each other. One account can hide another for at most six hours. Each rule links to the guide."""
    assert {name: rule.get("muteActionsDuration") for name, rule in RULES.items()} == MUTE
    assert {name: rule["severity"] for name, rule in RULES.items() if rule["severity"] < 2} == SEVERE
    for name, rule in RULES.items():
        assert rule["autoMitigate"] is (MUTE[name] is None)
        assert (rule["evaluationFrequency"], rule["overrideQueryTimeRange"]) == ("PT1H", "P2D")
        assert rule["skipQueryValidation"] is rule["enabled"] is True
        assert rule["description"].endswith(f" What to do: docs/operate.md#{name}")
        assert EVERYTHING.rules[name]["description"].endswith(f" https://example.com/guide#{name}")
        assert rule["actions"] == {"actionGroups": [USUAL.only("Microsoft.Insights/actionGroups")["id"]]}
    assert "let silence = 26h;" in query("no-run", EVERYTHING.rules)
    assert "dynamic([50,60])" in query("credit-used", EVERYTHING.rules)


@pytest.mark.skipif(not (NODE / "node_modules").is_dir(), reason="its Node.js packages are not installed")
def test_microsofts_language_service_accepts_the_queries() -> None:
    """It checks every name and type against the tables' columns, so a misspelled column is found."""
    queries = {name: query(name) for name in RULES} | {
        "broken": query("no-run").replace("TimeGenerated >", "TimeGenerate >")
    }
    schema = {
        table: f"({', '.join(f'{name}: {kind}' for name, kind in columns.items())})"
        for table, columns in COLUMNS.items()
    }
    given = json.dumps({"schema": schema, "queries": queries})
    command = [find_node(), "check.cjs"]
    result = subprocess.run(command, cwd=NODE, input=given, capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    found = json.loads(result.stdout)
    assert found.pop("broken")
    assert found == {name: [] for name in RULES}


def healthy(log: FunctionLog) -> None:
    """Complete every run: an email without a reason teaches people to ignore the next one."""
    log.fire([0, 21, 23])


def a_dead_timer(log: FunctionLog) -> None:
    """Stop running, so that nothing can fail either."""
    log.fire([0, 3, 5])


def transient_failures(log: FunctionLog) -> None:
    """Fail until the sixth hour, which alerts nobody, and for longer, which does."""
    with log.failing("partner", throttled(), "Contoso"):
        with log.failing("partner", throttled(), "Fabrikam"):
            log.fire([0, 2, 4])
        log.fire([6])
    log.fire([8])


def permanent_failures(log: FunctionLog) -> None:
    """Fail with two accounts and two causes: each is emailed at once and every six hours until its own account recovers."""
    with log.failing("partner", Status(403), "Contoso"):
        log.fire([0, 2])
        log.world.table.clear()  # Fabrikam is read again
        with log.failing("partner", Status(403), "Fabrikam"):
            log.fire([3, 5, 7])
    with log.failing("partner", Status(403), "Fabrikam"):
        with log.failing("vault", Status(404, '{"error": {"code": "SecretNotFound"}}'), path="Contoso-secret"):
            log.fire([8])
        log.fire([12, 13])
    log.fire([14])


def failures_without_an_account(log: FunctionLog) -> None:
    """Fail for all: invalid settings name no account, and a run that died leaves only the host's record."""
    right, log.environ = log.environ, log.environ | {"SNAPSHOT_TABLE_NAME": "No"}
    log.fire([6])
    log.environ = right
    log.invocations.append((at(log.day, 7), False))
    log.fire([8])


def warnings(log: FunctionLog) -> None:
    """Warn once each of an expiring secret, a failing archive and a failing ledger; the run has not failed."""
    for partner in log.partners.values():
        log.world.vault.versions(str(partner.secret_name))[0].expires_on = at(log.day + 14, 12)
    with log.failing("archive", Status(403)):
        log.fire([0])
    with log.failing("table", Status(403), path="balancesruns"):
        log.fire([3, 6])


def credit(log: FunctionLog) -> None:
    """Reach percentages of the limit, each emailed once; at the end, no balance is in the limit's currency."""
    for hour, percent in ((22, "69.9"), (0, "70"), (0, "86")):
        balance = summary(1000 * Decimal(percent))
        log.world.partner_center.balances(log.partners["Contoso"].tenant_id, balance)
        log.fire([hour])
        log.day += 1
    log.environ["PARTNER_ACCOUNTS"] = log.environ["PARTNER_ACCOUNTS"].replace("100000 USD", "100000 EUR")
    log.fire([0])


DAYS: list[tuple[Callable[[FunctionLog], None], range, Iterable[str]]] = [
    # What happens on the day; the hours since its midnight at which the rules are evaluated; the rules.
    (healthy, range(22, 29), RULES),
    (a_dead_timer, range(12), ["no-run"]),
    (transient_failures, range(12), ["run-failed"]),
    (permanent_failures, range(16), ["run-failed"]),
    (failures_without_an_account, range(6, 12), ["run-failed"]),
    (warnings, range(10), ["secret-expiring", "archive-failed", "ledger-failed", "run-failed"]),
    (credit, range(23, 75), ["credit-used"]),
]
MAILS = """
1  9 no-run
2  7 run-failed Contoso partner-throttled
3  1 run-failed Contoso partner-access-denied
3  4 run-failed Fabrikam partner-access-denied
3  7 run-failed Contoso partner-access-denied
3  9 run-failed Contoso vault-secret-missing
3 10 run-failed Fabrikam partner-access-denied
4  7 run-failed all accounts settings-invalid
4  8 run-failed all accounts no-answer
5  1 secret-expiring Contoso Contoso-secret 14
5  1 secret-expiring Fabrikam Fabrikam-secret 14
5  1 archive-failed Contoso table-access-denied
5  1 archive-failed Fabrikam table-access-denied
5  4 ledger-failed table-access-denied
6 25 credit-used Contoso USD 70
6 49 credit-used Contoso USD 85
6 73 credit-used Contoso EUR unknown
6 73 credit-used Fabrikam EUR unknown
""".strip().splitlines()
"""All emails of these days: the day, the hour since its midnight, the rule, and what the email names."""


@pytest.fixture(scope="module")
def workspace(session_world: StandIn) -> Workspace:
    """Return a workspace with what the real job logs on these days."""
    session_world.reset()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (session_world.environ | {"NO_PROXY": "127.0.0.1"}).items():
            patch.setenv(name, value)
        log = FunctionLog(session_world)
        level = LOGGER.level
        LOGGER.addHandler(log)
        LOGGER.setLevel(logging.INFO)  # this also resets what was previously found disabled
        for log.day, (happens, _, _) in enumerate(DAYS):
            happens(log)
        LOGGER.setLevel(level)
        LOGGER.removeHandler(log)
    workspace, component = Workspace(), COMPONENT.lower()  # in Azure's format
    workspace.add("AppTraces", [(when, text, component) for when, text in log.lines])
    workspace.add("AppRequests", [(when, success, "BalanceSnapshot", component) for when, success in log.invocations])
    return workspace


def sent(workspace: Workspace, rule: str, day: int, hours: range, **how: bool) -> list[str]:
    """Return a rule's emails in the format of MAILS."""
    found = emails(workspace, RULES[rule], [at(day, hour) for hour in hours], **how)
    return [f"{day} {(when - at(day)) // timedelta(hours=1):2} {' '.join((rule, *about))}" for when, about in found]


@pytest.mark.parametrize("day", range(len(DAYS)), ids=[happens.__name__ for happens, _, _ in DAYS])
def test_emails(workspace: Workspace, day: int) -> None:
    """To the hour, each with what a person needs to know, and no others."""
    _, hours, rules = DAYS[day]
    reported = [mail for rule in rules for mail in sent(workspace, rule, day, hours)]
    assert reported == [mail for mail in MAILS if mail.startswith(str(day))]


def test_no_account_hides_another_for_more_than_six_hours(workspace: Workspace) -> None:
    """Azure does not document whether the mute period applies per account or to all of them."""
    reported = sent(workspace, "run-failed", 3, range(16), mute_is_shared=True)
    hours = [mail.split()[1] for mail in reported if "Fabrikam" in mail]
    assert hours == ["7", "13"]


def test_lines_of_another_deployment_do_not_count(workspace: Workspace) -> None:
    """Another deployment's successful runs in the same workspace must not hide that this one is dead."""
    assert workspace.rows(query("no-run").replace(COMPONENT, f"{COMPONENT}2"), at(0, 23))


WRITES = [
    # how somebody signed in, the operation, its result, and whether it is reported
    ("AccountKey", "DeleteTable", "204", "StorageDelete", True),
    ("SAS", "InsertEntity", "201", "StorageWrite", True),
    ("OAuth", "MergeEntity", "204", "StorageWrite", True),
    ("OAuth", "DeleteEntity", "204", "StorageDelete", True),
    ("OAuth", "UpdateEntity", "403", "StorageWrite", False),
    ("AccountKey", "QueryEntities", "200", "StorageRead", False),
]


def test_other_writes_to_the_history_are_reported() -> None:
    """With a key, or with an operation other than insert. Refused operations and another account's tables alert nobody."""
    workspace = Workspace()
    workspace.add(
        "StorageTableLogs",
        [
            (at(0, 5), account, kind, operation, status, category, "them" if kind == "OAuth" else "", "203.0.113.7")
            for account in (ARCHIVE, TABLE, "another")
            for kind, operation, status, category, _ in WRITES
        ],
    )
    found = {
        (row["storage"], row["operation"], row["who"]) for row in workspace.rows(query("history-changed"), at(0, 6))
    }
    assert found == {
        (account, operation, "them" if kind == "OAuth" else f"{kind} from 203.0.113.7")
        for account in (ARCHIVE, TABLE)
        for kind, operation, _, _, reported in WRITES
        if reported
    }


def test_the_function_and_its_commands_alert_nobody(
    world: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `check` attempts is refused, and `run`, `import` and `restore` only insert, alone or in a transaction."""
    monkeypatch.chdir(tmp_path)
    earlier = "SnapshotDate,CurrencyCode,BalanceAmount\n2026-01-30,USD,5\n2026-01-31,USD,5\n"
    (tmp_path / "rows.csv").write_text(earlier, "utf-8")
    environ = environ_of(world, world.add_partner()) | world.environ_archive
    for line in ("run", "check", "import rows.csv --write", "restore --write"):
        name, *arguments = line.split()
        done = CliRunner().invoke(build(name), arguments, env=environ)
        assert done.exit_code == 0, done.output
    workspace, seen = Workspace(), set()
    for call in (*world.journal.calls("table"), *world.journal.calls("archive")):
        if call.method != "GET" and "Tables" not in call.path:  # because the deployment creates the tables
            alone = "InsertEntity" if call.method == "POST" else "MergeEntity"
            name = "EntityGroupTransaction" if call.path.endswith("$batch") else alone
            seen.add(name)
            account = TABLE if call.service == "table" else ARCHIVE
            entry = (at(0, 5), account, "OAuth", name, str(call.status), "StorageWrite", "them", "")
            workspace.add("StorageTableLogs", [entry])
    assert seen == {"InsertEntity", "EntityGroupTransaction", "MergeEntity"}
    assert workspace.rows(query("history-changed"), at(0, 6)) == []


def test_the_queries_match_every_marker() -> None:
    """A misspelled marker never fires."""
    texts = "".join(path.read_text("utf-8") for path in (INFRA / "alerts").glob("*.kql"))
    assert set(re.findall(r"'([A-Z]+_[A-Z]+)'", texts)) == set(Marker)
