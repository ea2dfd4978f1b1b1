"""The workflows that deploy and that snapshot: least rights, pinned actions, no text of others in a command."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.tools.bicep import INFRA
from tests.infra.tools.deployment import deployment

FOLDER = INFRA.parent / ".github" / "workflows"
DEPLOY, SNAPSHOT = FOLDER / "deploy.yml", FOLDER / "snapshot.yml"
BOTH = pytest.mark.parametrize("path", [DEPLOY, SNAPSHOT], ids=lambda path: path.stem)


def read(path: Path) -> dict[Any, Any]:
    """Return a workflow; YAML 1.1 reads its key `on` as true."""
    document: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    return document


def commands(path: Path) -> list[str]:
    """Return every command line of a workflow."""
    return [step["run"] for job in read(path)["jobs"].values() for step in job["steps"] if "run" in step]


@BOTH
def test_a_job_may_sign_in_and_read_and_nothing_else(path: Path) -> None:
    """The workflow has no rights; each job has the two it needs, and an end."""
    document = read(path)
    assert document["permissions"] == {}
    for job in document["jobs"].values():
        assert job["permissions"] == {"contents": "read", "id-token": "write"}
        assert job["timeout-minutes"] <= 60


@BOTH
def test_actions_are_pinned_to_commits(path: Path) -> None:
    """A tag can be moved to other code; the comment says which version the commit is."""
    used = [line.partition("uses:")[2].strip() for line in path.read_text("utf-8").splitlines() if "uses:" in line]
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each) for each in used)


@BOTH
def test_no_expression_stands_in_a_command(path: Path) -> None:
    """An expression is pasted before the shell reads the line; a variable is not."""
    assert commands(path)
    assert not any("${{" in command for command in commands(path))


@BOTH
def test_the_sign_in_is_federated(path: Path) -> None:
    """No password of an app is stored anywhere; the one secret is the optional webhook's address."""
    document = read(path)
    logins = [
        step["with"]
        for job in document["jobs"].values()
        for step in job["steps"]
        if "azure/login" in step.get("uses", "")
    ]
    assert len(logins) >= len(document["jobs"])
    assert not any(login.keys() & {"creds", "client-secret"} for login in logins)
    assert set(re.findall(r"secrets\.(\w+)", path.read_text("utf-8"))) <= {"ALERT_WEBHOOK"}


def test_nothing_is_changed_before_it_was_shown() -> None:
    """The preview comes first, and the deployment waits for the environment's approval."""
    jobs = read(DEPLOY)["jobs"]
    assert jobs["deploy"]["needs"] == "preview"
    assert jobs["deploy"]["environment"] == "azure"
    preview = "\n".join(step.get("run", "") for step in jobs["preview"]["steps"])
    assert "az deployment group what-if" in preview
    assert not re.search(r"deployment group create|publish|keys list", preview)


def test_a_deployment_is_proven_by_the_function_and_its_row() -> None:
    """A publish that ends well may leave no function behind, and a started function may record nothing."""
    steps = "\n".join(commands(DEPLOY))
    names = [step.get("uses", step.get("run", "")) for step in read(DEPLOY)["jobs"]["deploy"]["steps"]]
    assert "azure/login" in names[-2]  # the token of the first sign-in is over by then
    assert "{1..5}" in steps
    order = [steps.index(part) for part in ("group create", "publish", "function list", "cli check")]
    assert order == sorted(order)
    assert "jq --raw-output .functionAppName.value" in steps
    assert "functionAppName" in deployment("usual").outputs
    assert "/BalanceSnapshot" in steps
    assert (FOLDER.parents[1] / "BalanceSnapshot" / "function.json").is_file()


def test_the_files_and_parameters_of_the_commands_exist() -> None:
    """A renamed file or parameter breaks the workflow only in the cloud."""
    text = "\n".join(commands(DEPLOY) + commands(SNAPSHOT))
    files = set(re.findall(r"(?:infra/[\w.]+|(?:cli/)?requirements\.txt)", text))
    assert files == {"infra/main.bicep", "infra/main.bicepparam", "requirements.txt", "cli/requirements.txt"}
    assert all((FOLDER.parents[1] / name).is_file() for name in files)
    assert set(re.findall(r"--parameters (\w+)=", text)) <= set(
        re.findall(r"^param (\w+)", (INFRA / "main.bicep").read_text("utf-8"), re.MULTILINE)
    )


def test_the_second_trigger_is_off_until_it_is_switched_on() -> None:
    """A fork or a clone runs nothing by itself."""
    document = read(SNAPSHOT)
    assert {job["if"] for job in document["jobs"].values()} == {"vars.SNAPSHOT_TRIGGER == 'on'"}
    (entry,) = document[True]["schedule"]
    minute, _, rest = entry["cron"].partition(" ")
    assert minute not in ("0", "*")
    assert rest.endswith("* * *")
    assert "python -m cli run --settings settings.json" in "\n".join(commands(SNAPSHOT))
