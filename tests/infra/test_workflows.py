"""The workflows that deploy and that snapshot: least rights, pinned actions, no text of others in a command."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.tools.bicep import INFRA, VERSION
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


def test_zizmor_finds_nothing() -> None:
    """Actions pinned to commits, rights named and explained, no expression in a command, no credentials left on the disk."""
    zizmor = shutil.which("zizmor", path=str(Path(sys.executable).parent))
    assert zizmor, "requirements-dev.txt installs it"
    command = [zizmor, "--offline", "--persona=auditor", "--no-progress", str(FOLDER)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.returncode == 0, done.stdout


@BOTH
def test_a_job_may_sign_in_and_read_and_nothing_else(path: Path) -> None:
    """Each job has these two rights, and an end."""
    for job in read(path)["jobs"].values():
        assert job["permissions"] == {"contents": "read", "id-token": "write"}
        assert job["timeout-minutes"] <= 60


def test_the_compiler_is_the_tested_one() -> None:
    """What lands in Azure is what was tested."""
    texts = "".join(path.read_text("utf-8") for path in FOLDER.iterdir())
    assert re.findall(r"az bicep install --version v(\S+)", texts) == [VERSION] * 3


@BOTH
def test_the_sign_in_is_federated(path: Path) -> None:
    """No password of an app is stored anywhere; the one secret is the optional webhook's address."""
    jobs = read(path)["jobs"].values()
    logins = [step["with"] for job in jobs for step in job["steps"] if "azure/login" in step.get("uses", "")]
    assert len(logins) >= len(jobs)
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
    assert files == {"infra/main.bicepparam", "requirements.txt", "cli/requirements.txt"}
    assert all((FOLDER.parents[1] / name).is_file() for name in files)
    assert set(re.findall(r"--parameters (\w+)=", text)) <= set(
        re.findall(r"^param (\w+)", (INFRA / "main.bicep").read_text("utf-8"), re.MULTILINE)
    )


def test_the_second_trigger_is_off_until_it_is_switched_on() -> None:
    """A fork or a clone runs nothing on a schedule."""
    document = read(SNAPSHOT)
    assert {job["if"] for job in document["jobs"].values()} == {"vars.SNAPSHOT_TRIGGER == 'on'"}
    (entry,) = document[True]["schedule"]
    minute, _, rest = entry["cron"].partition(" ")
    assert minute not in ("0", "*")
    assert rest.endswith("* * *")
    assert "python -m cli run --settings settings.json" in "\n".join(commands(SNAPSHOT))
