"""Microsoft's Bicep compiler, where this machine has the version that the project is checked with, and what it says."""

import hashlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

VERSION = "0.49.2"
ROOT = Path(__file__).resolve().parents[3]
INFRA = ROOT / "infra"
DEPLOYMENTS = ROOT / "tests" / "infra" / "deployments"
MARK = DEPLOYMENTS / "infra.sha256"
WHERE = (
    "--subscription-id=11111111-1111-1111-1111-111111111111",
    "--tenant-id=22222222-2222-2222-2222-222222222222",
    "--resource-group=rg-balances",
    "--location=westeurope",
    "--deployment-name=main",
)
MISSING = f"Bicep {VERSION} is not on the PATH and BICEP does not name it: infra/ was not compiled"


@cache
def compiler() -> str | None:
    """Return the path of the compiler, or None where this machine has none of this version."""
    path = shutil.which(os.environ.get("BICEP") or "bicep")
    if path is None:
        return None
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - from PATH or BICEP
    return path if f" {VERSION} " in said.stdout else None


def bicep(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the compiler; what it has to say of the files is its stderr, whatever its exit status."""
    path = compiler()
    if path is None:
        raise FileNotFoundError(MISSING)
    command = [path, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)  # noqa: S603 - as above


def snapshot(parameters: Path, mode: str) -> subprocess.CompletedProcess[str]:
    """Write (`overwrite`) or compare (`validate`) what a deployment with a parameter file creates."""
    return bicep("snapshot", parameters, f"--mode={mode}", *WHERE)


def fingerprint(folder: Path = INFRA, deployments: Path = DEPLOYMENTS) -> str:
    """Return a hash of everything that the snapshots were made from; line endings do not count."""
    digest = hashlib.sha256()
    for path in sorted([*folder.rglob("*.bicep"), *folder.rglob("*.kql"), *deployments.glob("*.bicepparam")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()
