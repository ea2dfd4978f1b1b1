"""The deploy and snapshot workflows: least privilege, pinned actions, and no untrusted text in a command."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.tools.bicep import ROOT, VERSION
from tests.infra.tools.deployment import deployment

FOLDER = ROOT / ".github" / "workflows"
TEXTS = {name: (FOLDER / f"{name}.yml").read_text("utf-8") for name in ("deploy", "snapshot")}
DEPLOY, SNAPSHOT = (yaml.safe_load(text) for text in TEXTS.values())


def commands(*jobs: Any) -> str:
    """Return the jobs' command lines."""
    return "\n".join(step.get("run", "") for job in jobs for step in job["steps"])


def test_zizmor_finds_nothing() -> None:
    """Actions are pinned to commits, permissions are listed and explained, commands contain no expressions, and no credentials stay on disk."""
    zizmor = shutil.which("zizmor", path=str(Path(sys.executable).parent))
    assert zizmor, "requirements-dev.txt installs it"
    command = [zizmor, "--offline", "--persona=auditor", "--no-progress", str(FOLDER)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("job", [*DEPLOY["jobs"].values(), *SNAPSHOT["jobs"].values()])
def test_a_job_may_only_sign_in_by_federation_and_read(job: Any) -> None:
    """No app password is stored anywhere; the only secret is the optional webhook's address. Every job has a timeout."""
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert job["timeout-minutes"] <= 60
    logins = [step["with"] for step in job["steps"] if "azure/login" in step.get("uses", "")]
    assert logins
    assert not any(login.keys() & {"creds", "client-secret"} for login in logins)
    assert set(re.findall(r"secrets\.(\w+)", str(job))) <= {"ALERT_WEBHOOK"}


def test_the_compiler_is_the_tested_one() -> None:
    """Azure gets what was tested."""
    texts = "".join(path.read_text("utf-8") for path in FOLDER.iterdir())
    assert re.findall(r"az bicep install --version v(\S+)", texts) == [VERSION] * 3


def test_the_preview_comes_before_any_change() -> None:
    """The deployment waits for the environment's approval."""
    preview, deploy = DEPLOY["jobs"]["preview"], DEPLOY["jobs"]["deploy"]
    assert (deploy["needs"], deploy["environment"]) == ("preview", "azure")
    assert "az deployment group what-if" in commands(preview)
    assert not re.search(r"deployment group create|publish|keys list", commands(preview))


def test_a_deployment_is_verified_by_the_function_and_its_row() -> None:
    """A successful publish may leave no function behind, and a started function may record nothing."""
    deploy = DEPLOY["jobs"]["deploy"]
    assert "azure/login" in deploy["steps"][-2]["uses"]  # the first sign-in's token has expired by then
    steps = re.findall(
        r"group create|functionAppName|publish|\{1\.\.5\}|function list|/BalanceSnapshot|cli check", commands(deploy)
    )
    assert list(dict.fromkeys(steps)) == [
        "group create", "functionAppName", "{1..5}", "publish", "function list", "/BalanceSnapshot", "cli check",
    ]  # fmt: skip
    assert "functionAppName" in deployment("usual").outputs
    assert (ROOT / "BalanceSnapshot" / "function.json").is_file()


def test_the_second_trigger_is_off_by_default() -> None:
    """A fork or a clone runs nothing on a schedule."""
    (job,) = SNAPSHOT["jobs"].values()
    assert job["if"] == "vars.SNAPSHOT_TRIGGER == 'on'"
    (entry,) = SNAPSHOT[True]["schedule"]  # YAML 1.1 reads the key `on` as true
    assert re.fullmatch(r"[1-9]\d? \S+ \* \* \*", entry["cron"])
    assert "python -m cli run --settings settings.json" in commands(job)
