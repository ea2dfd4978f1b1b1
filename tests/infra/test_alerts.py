"""infra/alerts.bicep and its queries: each fires when a person is needed, once a day for one cause, and is quiet otherwise.

The queries are those of the deployed rules, run over lines that the function's own code logged.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.errors import ConsentRequired, PartnerUnavailable, TableAccessDenied
from shared.log import Marker
from tests.infra.tools.bicep import File
from tests.infra.tools.deployment import INFRA, deployed, resource_of, resources_of
from tests.infra.tools.function_log import FunctionLog
from tests.infra.tools.kql import Invocation, Line, Workspace, mails

GUIDE = INFRA.parent / "docs" / "operate.md"
FIRST = date(2026, 11, 2)
DEPLOYMENT = deployed()
COMPONENT = resource_of(DEPLOYMENT, "Microsoft.Insights/components").id
CONSENT = ConsentRequired("the user has to sign in again")


def rules_of(deployment: File) -> dict[str, Any]:
    """Return the properties of each rule by the rule's short name."""
    return {
        rule.name.removeprefix("alert-").rpartition("-")[0]: rule.body["properties"]
        for rule in resources_of(deployment, "Microsoft.Insights/scheduledQueryRules")
    }


RULES = rules_of(DEPLOYMENT)
EACH_RULE = pytest.mark.parametrize("name", RULES)


@pytest.fixture
def log() -> FunctionLog:
    """Return a function whose first day was healthy."""
    log = FunctionLog()
    log.days(FIRST)
    return log


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a time of a day, the first being 0."""
    return datetime(FIRST.year, FIRST.month, FIRST.day, hour, minute, tzinfo=UTC) + timedelta(days=day)


def workspace_of(log: FunctionLog) -> Workspace:
    """Return the workspace that holds what a function logged."""
    workspace = Workspace()
    workspace.add(COMPONENT, log.lines, log.invocations)
    return workspace


def query(name: str, deployment: File = DEPLOYMENT) -> str:
    """Return the query of a rule as it is deployed."""
    return str(rules_of(deployment)[name]["criteria"]["allOf"][0]["query"])


def sent(name: str, log: FunctionLog, days: range) -> list[tuple[datetime, tuple[str, ...]]]:
    """Return the mails of a rule during the days: when, and the values of its dimensions."""
    found = mails(workspace_of(log), RULES[name], at(days.start), at(days.stop))
    return [(mail.at, mail.about) for mail in found]


def test_there_is_a_rule_for_each_need() -> None:
    """A need without a rule is a silent failure."""
    assert set(RULES) == {"run-failed", "no-snapshot", "secret-expiring", "credit-used", "archive-failed"}


@EACH_RULE
def test_a_rule_is_set_up_as_the_service_wants_it(name: str) -> None:
    """The two ways of repeating exclude each other, and a query reaches two days back only when the rule says so."""
    rule = RULES[name]
    assert rule["autoMitigate"] is (rule["muteActionsDuration"] is None)
    assert (rule["evaluationFrequency"], rule["windowSize"], rule["overrideQueryTimeRange"]) == ("PT1H", "P1D", "P2D")
    assert rule["skipQueryValidation"] is True
    assert rule["enabled"] is True
    assert rule["scopes"] == [resource_of(DEPLOYMENT, "Microsoft.OperationalInsights/workspaces").id]
    (condition,) = rule["criteria"]["allOf"]
    assert (condition["timeAggregation"], condition["operator"], condition["threshold"]) == ("Count", "GreaterThan", 0)
    assert rule["actions"] == {"actionGroups": [resource_of(DEPLOYMENT, "Microsoft.Insights/actionGroups").id]}


@EACH_RULE
def test_a_rule_says_what_to_do(name: str) -> None:
    """The mail holds the rule's description: it has to lead to the remedy."""
    assert RULES[name]["description"].endswith(f" What to do: docs/operate.md#{name}")
    elsewhere = rules_of(deployed(operateGuide="https://example.com/guide"))[name]["description"]
    assert elsewhere.endswith(f" https://example.com/guide#{name}")


@EACH_RULE
def test_the_guide_has_a_section_for_the_rule(name: str) -> None:
    """The link of the mail leads to a heading of its own."""
    text = GUIDE.read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert name in anchors | set(re.findall(r'<a id="([\w-]+)"></a>', text))


def test_the_queries_look_for_words_that_the_function_logs() -> None:
    """A marker that is misspelled never fires."""
    texts = {path.name: path.read_text("utf-8") for path in (INFRA / "alerts").glob("*.kql")}
    looked_for = {word for text in texts.values() for word in re.findall(r"'([A-Z]+_[A-Z]+)'", text)}
    assert looked_for <= set(Marker)
    assert looked_for == set(Marker)


def test_a_healthy_month_is_quiet(log: FunctionLog) -> None:
    """A mail that says nothing teaches people to ignore the next one."""
    log.days(FIRST + timedelta(days=1), 28)
    log.lines += [
        Line(at(day, 6, 17), "Executing 'Functions.BalanceSnapshot' (Reason='Timer fired')") for day in range(29)
    ]
    workspace = workspace_of(log)
    loud = [
        (name, day, found)
        for name in RULES
        for day in range(1, 28)
        if (found := workspace.rows(query(name), at(day, day * 7 % 24, 5)))
    ]
    assert loud == []


def test_a_dead_timer_is_told_after_26_hours_and_then_daily(log: FunctionLog) -> None:
    """Nothing runs and nothing fails: only the absence of a complete run tells."""
    assert sent("no-snapshot", log, range(1, 4)) == [(at(2, 1), ()), (at(3, 1), ())]


def test_a_lost_account_is_told_daily_and_as_no_complete_run(log: FunctionLog) -> None:
    """One account fails for good while the other is recorded: a mail a day, not one for each of the 15 attempts."""
    log.failing["Fabrikam"] = CONSENT
    log.days(FIRST + timedelta(days=1), 2)
    about = ("Fabrikam", "consent-required")
    assert sent("run-failed", log, range(1, 3)) == [(at(day, 7), about) for day in (1, 2)]
    assert sent("no-snapshot", log, range(1, 3)) == [(at(2, 1), ())]


@pytest.mark.parametrize("runs_that_fail", [1, 5])
def test_a_failing_day_is_one_mail(log: FunctionLog, runs_that_fail: int) -> None:
    """Retries and catch-up runs of one day and cause add no mail, and neither does the next day when it is healthy."""
    log.failing["Contoso"] = PartnerUnavailable("no answer")
    for hour in range(6, 23, 4)[:runs_that_fail]:
        log.fire(at(1, hour, 17))
    log.failing.clear()
    for hour in range(6, 23, 4)[runs_that_fail:]:
        log.fire(at(1, hour, 17))
    log.days(FIRST + timedelta(days=2))
    assert sent("run-failed", log, range(1, 3)) == [(at(1, 7), ("Contoso", "partner-unavailable"))]


def test_a_failure_that_the_retry_mends_is_no_mail(log: FunctionLog) -> None:
    """The row stands: nobody has anything to do."""
    log.failing["Contoso"] = PartnerUnavailable("no answer")
    assert not log.invoke(at(1, 6, 17))
    log.failing.clear()
    assert log.invoke(at(1, 6, 18))
    assert sent("run-failed", log, range(1, 2)) == []


def test_another_cause_is_another_mail(log: FunctionLog) -> None:
    """A second cause is not hidden behind the first: somebody mended one thing and met the next."""
    log.failing["Contoso"] = PartnerUnavailable("no answer")
    log.fire(at(1, 6, 17))
    log.failing["Contoso"] = CONSENT
    log.fire(at(1, 10, 17))
    assert sent("run-failed", log, range(1, 2)) == [
        (at(1, 7), ("Contoso", "partner-unavailable")),
        (at(1, 11), ("Contoso", "consent-required")),
    ]


def test_invalid_settings_are_told_for_all_accounts(log: FunctionLog) -> None:
    """No account is known then, and still it is a failed run."""
    for hour in range(6, 23, 4):
        log.fire_with_wrong_settings(at(1, hour, 17))
    assert sent("run-failed", log, range(1, 2)) == [(at(1, 7), ("all accounts", "settings-invalid"))]


def test_settings_that_were_mended_are_told_no_more(log: FunctionLog) -> None:
    """The failure names no account, so only a complete run closes it; the next morning is quiet."""
    for hour in (6, 10):
        log.fire_with_wrong_settings(at(1, hour, 17))
    for hour in (14, 18, 22):
        log.fire(at(1, hour, 17))
    log.days(FIRST + timedelta(days=2))
    assert sent("run-failed", log, range(1, 3)) == [(at(1, 7), ("all accounts", "settings-invalid"))]


def test_a_run_that_died_without_a_word_is_told(log: FunctionLog) -> None:
    """A broken import or a killed worker logs no marker; the host's record of the invocation is all there is."""
    log.invocations.append(Invocation(at(1, 6, 17), success=False))
    assert sent("run-failed", log, range(1, 2)) == [(at(1, 7), ("all accounts", "no-answer"))]


def test_an_expiring_credential_is_told_at_30_and_14_days_and_daily_from_7(log: FunctionLog) -> None:
    """Early enough to act, and past the end too; the mail says which credential and how many days."""
    log.secret_ends = FIRST + timedelta(days=33)
    log.days(FIRST + timedelta(days=1), 36)
    workspace = workspace_of(log)
    told = [workspace.rows(query("secret-expiring"), at(day, 12)) for day in range(1, 37)]
    days = [{row["days"] for row in rows} for rows in told if rows]
    assert days == [{str(left)} for left in (30, 14, *range(7, -4, -1))]
    assert {(row["account"], row["secret"]) for rows in told for row in rows} == {
        ("Contoso", "partner-app"),
        ("Fabrikam", "partner-app"),
    }


def test_an_expiring_credential_is_one_mail_a_day(log: FunctionLog) -> None:
    """Catch-up runs that read the vault again warn again; the mail does not."""
    log.secret_ends = FIRST + timedelta(days=15)
    log.failing["Contoso"] = PartnerUnavailable("no answer")
    log.fire(at(1, 6, 17))
    log.failing.clear()
    log.secret_ends = None
    log.days(FIRST + timedelta(days=2))
    assert sent("secret-expiring", log, range(1, 3)) == [
        (at(1, 7), ("Contoso", "partner-app", "14")),
        (at(1, 7), ("Fabrikam", "partner-app", "14")),
    ]


def test_credit_is_told_when_a_percentage_is_reached_and_not_again(log: FunctionLog) -> None:
    """A balance may stay at 72 % for weeks: one mail. Each further percentage, and each new rise, is another."""
    for day, percent in enumerate(("69.9", "72", "100", "50", "70"), start=1):
        log.percent = Decimal(percent)
        log.days(FIRST + timedelta(days=day), 1)
    told = [mail for mail in sent("credit-used", log, range(1, 6)) if mail[1][0] == "Contoso"]
    assert told == [
        (at(2, 7), ("Contoso", "USD", "70")),
        (at(3, 7), ("Contoso", "USD", "100")),
        (at(3, 7), ("Contoso", "USD", "85")),
        (at(5, 7), ("Contoso", "USD", "70")),
    ]


def test_the_percentages_are_a_parameter(log: FunctionLog) -> None:
    """Somebody wants to know at 50 % already."""
    rows = workspace_of(log).rows(query("credit-used", deployed(creditPercentages=[50, 60])), at(0, 12))
    assert {row["percentage"] for row in rows} == {"50"}


def test_a_row_missing_in_the_archive_is_one_mail(log: FunctionLog) -> None:
    """The day is recorded, so no run fails; the archive has to be told of by itself."""
    log.archive_error = TableAccessDenied("the identity may not write")
    log.days(FIRST + timedelta(days=1))
    log.archive_error = None
    log.days(FIRST + timedelta(days=2))
    about = [("Contoso", "table-access-denied"), ("Fabrikam", "table-access-denied")]
    assert sent("archive-failed", log, range(1, 3)) == [(at(1, 7), each) for each in about]
    assert sent("run-failed", log, range(1, 2)) == []


def test_lines_of_another_deployment_do_not_count(log: FunctionLog) -> None:
    """A workspace may hold several deployments: another's good runs must not hide that this one is dead, nor its failures be told."""
    other = FunctionLog()
    other.failing["Contoso"] = CONSENT
    other.days(FIRST, 3)
    workspace = workspace_of(FunctionLog())
    workspace.add(f"{COMPONENT}2", log.lines + other.lines, other.invocations)
    assert workspace.rows(query("no-snapshot"), at(0, 23))
    assert workspace.rows(query("run-failed"), at(2, 7)) == []


@EACH_RULE
def test_the_dimensions_are_columns_of_the_result(name: str, log: FunctionLog) -> None:
    """The service refuses or ignores a dimension that the query does not return; it takes text only."""
    log.percent, log.secret_ends = Decimal(71), FIRST + timedelta(days=8)
    log.archive_error, log.failing["Contoso"] = TableAccessDenied("no"), CONSENT
    log.days(FIRST + timedelta(days=1))
    rows = workspace_of(log).rows(query(name), at(3, 1) if name == "no-snapshot" else at(1, 12))
    dimensions = RULES[name]["criteria"]["allOf"][0]["dimensions"]
    assert rows
    assert all(isinstance(rows[0][each["name"]], str) for each in dimensions)
    assert all((each["operator"], each["values"]) == ("Include", ["*"]) for each in dimensions)


def test_the_mail_goes_to_the_address_and_the_webhook() -> None:
    """The webhook is optional, and a given action group replaces both."""
    group = resource_of(DEPLOYMENT, "Microsoft.Insights/actionGroups").body["properties"]
    assert [receiver["emailAddress"] for receiver in group["emailReceivers"]] == ["operator@example.com"]
    assert group["webhookReceivers"] == []
    assert len(group["groupShortName"]) <= 12
    hooked = resource_of(deployed(alertWebhook="https://chat.example.com/hook"), "Microsoft.Insights/actionGroups")
    assert [each["serviceUri"] for each in hooked.body["properties"]["webhookReceivers"]] == [
        "https://chat.example.com/hook"
    ]
    theirs = deployed(existingActionGroupId="/subscriptions/s/their-group", alertEmail="")
    assert resources_of(theirs, "Microsoft.Insights/actionGroups") == []
    assert rules_of(theirs)["run-failed"]["actions"] == {"actionGroups": ["/subscriptions/s/their-group"]}
