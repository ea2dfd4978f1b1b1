"""infra/alerts.bicep and its queries: each fires when a person is needed and is quiet otherwise.

The queries are those of the deployed rules. Microsoft's language service binds them; DuckDB runs them over the lines of simulated days.
"""

import json
import re
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.infra.tools.bicep import INFRA, ROOT
from tests.infra.tools.deployment import deployment
from tests.infra.tools.function_log import Failing, FunctionLog
from tests.infra.tools.kql import Invocation, Workspace, mails

FIRST = date(2026, 11, 2)
USUAL, EVERYTHING = deployment("usual"), deployment("everything")
COMPONENT = USUAL.only("Microsoft.Insights/components")["id"]
ACCOUNTS = [each["name"] for each in USUAL.all("Microsoft.Storage/storageAccounts")]
RULES = USUAL.rules
CONSENT, THROTTLED = Failing("consent-required", may_pass=False), Failing("partner-throttled", may_pass=True)
DENIED = Failing("table-access-denied", may_pass=False)
SCHEMA = {
    "AppTraces": "(TimeGenerated: datetime, Message: string, _ResourceId: string)",
    "AppRequests": "(TimeGenerated: datetime, Success: bool, OperationName: string, _ResourceId: string)",
    "StorageTableLogs": (
        "(TimeGenerated: datetime, AccountName: string, AuthenticationType: string, OperationName: string, StatusCode: string, "
        "Category: string, RequesterObjectId: string, CallerIpAddress: string, _ResourceId: string)"
    ),
}
NODE = ROOT / "tests/infra/tools/node"


@pytest.fixture
def log() -> FunctionLog:
    """Return a function whose first day was healthy."""
    log = FunctionLog()
    log.days(FIRST)
    return log


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a time of a day, the first being 0."""
    return datetime(FIRST.year, FIRST.month, FIRST.day, hour, minute, tzinfo=UTC) + timedelta(days=day)


def workspace_of(log: FunctionLog, component: str = COMPONENT) -> Workspace:
    """Return the workspace that holds what a function logged."""
    workspace = Workspace()
    lines = [type(line)(line.at.replace(tzinfo=UTC), line.message) for line in log.lines]
    workspace.add(component, lines, log.invocations)
    return workspace


def query(name: str, rules: dict[str, Any] = RULES) -> str:
    """Return the query of a rule as it is deployed."""
    return str(rules[name]["criteria"]["allOf"][0]["query"])


def sent(name: str, log: FunctionLog, start: datetime, end: datetime) -> list[tuple[datetime, tuple[str, ...]]]:
    """Return the mails of a rule: when, and the values of its dimensions."""
    return [(mail.at, mail.about) for mail in mails(workspace_of(log), RULES[name], start, end)]


def test_a_rule_is_set_up_as_the_service_wants_it() -> None:
    """Muting and resolving exclude each other; what an account can hide of another is six hours; each leads to the guide."""
    mute = {name: rule.get("muteActionsDuration") for name, rule in RULES.items()}
    assert mute == {
        "run-failed": "PT6H",
        "no-run": "P1D",
        "secret-expiring": "P1D",
        "credit-used": None,
        "archive-failed": "PT6H",
        "ledger-failed": "P1D",
        "history-changed": "P1D",
    }
    guide = (ROOT / "docs/operate.md").read_text("utf-8")
    for name, rule in RULES.items():
        assert rule["autoMitigate"] is (mute[name] is None)
        assert (rule["evaluationFrequency"], rule["overrideQueryTimeRange"]) == ("PT1H", "P2D")
        assert rule["skipQueryValidation"] is True
        assert rule["description"].endswith(f" What to do: docs/operate.md#{name}")
        assert EVERYTHING.rules[name]["description"].endswith(f" https://example.com/guide#{name}")
        headings = [each.lower().replace(" ", "-") for each in re.findall(r"^#+ (.+)$", guide, re.MULTILINE)]
        assert name in headings or f'<a id="{name}"></a>' in guide
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
    given = json.dumps({"schema": SCHEMA, "queries": queries})
    result = subprocess.run([node, "check.cjs"], cwd=NODE, input=given, capture_output=True, text=True, check=True)  # noqa: S603 - from PATH
    found = json.loads(result.stdout)
    assert found.pop("broken")
    assert found == {name: [] for name in RULES}


def test_a_healthy_month_is_quiet(log: FunctionLog) -> None:
    """A mail that says nothing teaches people to ignore the next one."""
    log.days(FIRST + timedelta(days=1), 12)
    workspace = workspace_of(log)
    assert [
        (name, day) for name in RULES for day in range(1, 12) if workspace.rows(query(name), at(day, day * 7 % 24, 25))
    ] == []


def test_a_dead_timer_is_told_after_three_hours(log: FunctionLog) -> None:
    """Nothing runs and nothing fails: the last run was at 23:17. The parameter serves a sparser schedule."""
    assert sent("no-run", log, at(1), at(2)) == [(at(1, 3), ())]
    assert "let silence = 26h;" in query("no-run", EVERYTHING.rules)


@pytest.mark.parametrize(("hours", "told"), [(1, []), (5, []), (7, [(at(1, 7), ("Contoso", "partner-throttled"))])])
def test_what_may_pass_is_told_after_six_hours(log: FunctionLog, hours: int, told: list[Any]) -> None:
    """A day that heals after one or five hours wakes nobody."""
    log.failing["Contoso"] = THROTTLED
    log.days(FIRST + timedelta(days=1), hours=range(hours))
    log.failing.clear()
    log.days(FIRST + timedelta(days=1), hours=range(hours, 24))
    assert sent("run-failed", log, at(1), at(2)) == told


def test_what_needs_a_person_is_told_at_once_and_every_six_hours(log: FunctionLog) -> None:
    """An account lost for good; a second cause is a mail of its own, and a healed account none."""
    log.failing["Contoso"] = CONSENT
    log.days(FIRST + timedelta(days=1), hours=range(8))
    log.failing["Contoso"] = DENIED
    log.days(FIRST + timedelta(days=1), hours=[8])
    log.failing.clear()
    log.days(FIRST + timedelta(days=1), hours=range(9, 24))
    assert sent("run-failed", log, at(1), at(2)) == [
        (at(1, 1), ("Contoso", "consent-required")),
        (at(1, 7), ("Contoso", "consent-required")),
        (at(1, 9), ("Contoso", "table-access-denied")),
    ]


def test_failures_of_no_account_are_told_for_all(log: FunctionLog) -> None:
    """Invalid settings name no account; a run that died logs nothing, and the host's record is all there is."""
    log.say(at(1, 6, 17), "SNAPSHOT_FAILED", Failing("settings-invalid", may_pass=False))
    log.say(at(1, 6, 17), "SNAPSHOT_RUN", failed=1)
    log.invocations.append(Invocation(at(1, 7, 17), success=False))
    assert sent("run-failed", log, at(1), at(1, 8)) == [
        (at(1, 7), ("all accounts", "settings-invalid")),
        (at(1, 8), ("all accounts", "no-answer")),
    ]


def test_warnings_of_a_day(log: FunctionLog) -> None:
    """Expiry, archive and ledger are told once in their time, with what a person needs to know."""
    log.days_left, log.archive, log.ledger = 14, DENIED, DENIED
    log.days(FIRST + timedelta(days=1))
    both = ("Contoso", "Fabrikam")
    end = at(1, 23)
    assert sent("secret-expiring", log, at(1), end) == [(at(1, 1), (name, "partner-app", "14")) for name in both]
    assert sent("archive-failed", log, at(1), end) == [(at(1, 1), (name, "table-access-denied")) for name in both]
    assert sent("ledger-failed", log, at(1), end) == [(at(1, 1), ("table-access-denied",))]
    assert sent("run-failed", log, at(1), end) == []


def test_credit_is_told_when_a_percentage_is_reached_and_not_again(log: FunctionLog) -> None:
    """72 % for weeks is one mail; a limit in a currency that no balance has is told as unknown."""
    for day, percent in enumerate((69.9, 72, 72, 86), start=1):
        log.percent = percent
        log.days(FIRST + timedelta(days=day), hours=[6])
    log.limit_matches = False
    log.days(FIRST + timedelta(days=5), hours=[6])
    told = [(mail, about[2]) for mail, about in sent("credit-used", log, at(1), at(6)) if about[0] == "Contoso"]
    assert told == [(at(2, 7), "70"), (at(4, 7), "85"), (at(5, 7), "unknown")]
    assert "dynamic([50,60])" in query("credit-used", EVERYTHING.rules)


HISTORY = [
    ("AccountKey", "DeleteTable", "204", "StorageDelete", True),
    ("SAS", "InsertEntity", "201", "StorageWrite", True),
    ("OAuth", "MergeEntity", "204", "StorageWrite", True),
    ("OAuth", "DeleteEntity", "204", "StorageDelete", True),
    ("OAuth", "InsertEntity", "201", "StorageWrite", False),
    ("OAuth", "EntityGroupTransaction", "202", "StorageWrite", False),
    ("OAuth", "InsertEntity", "409", "StorageWrite", False),
    ("OAuth", "MergeEntity", "404", "StorageWrite", False),
    ("AccountKey", "QueryEntities", "200", "StorageRead", False),
]


@pytest.mark.parametrize(("kind", "operation", "status", "category", "told"), HISTORY)
def test_who_writes_to_the_history_in_another_way(
    kind: str, operation: str, status: str, category: str, *, told: bool
) -> None:
    """The function, its commands and the attempts of `check` wake nobody; neither does another account's table."""
    workspace = Workspace()
    for account in (ACCOUNTS[0], "another"):
        workspace.add_table_log(at(0, 5), account, kind, operation, status, category, "", "203.0.113.7")
    found = workspace.rows(query("history-changed"), at(0, 6))
    assert [(row["storage"], row["operation"]) for row in found] == ([(ACCOUNTS[0], operation)] if told else [])


def test_lines_of_another_deployment_do_not_count(log: FunctionLog) -> None:
    """Another's good runs in one workspace must not hide that this one is dead."""
    workspace = workspace_of(log, f"{COMPONENT}2")
    assert workspace.rows(query("no-run"), at(0, 23))


def test_the_queries_match_every_marker_that_needs_somebody() -> None:
    """A marker that is misspelled never fires."""
    texts = "".join(path.read_text("utf-8") for path in (INFRA / "alerts").glob("*.kql"))
    assert set(re.findall(r"'([A-Z]+_[A-Z]+)'", texts)) == {
        *("SNAPSHOT_RECORDED", "SNAPSHOT_KEPT", "SNAPSHOT_FAILED", "SNAPSHOT_RUN", "SECRET_EXPIRING"),
        *("CREDIT_USED", "CREDIT_UNKNOWN", "ARCHIVE_FAILED", "LEDGER_FAILED"),
    }
