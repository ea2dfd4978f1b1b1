"""Microsoft's Bicep compiler, if this machine has the version that the project uses: one process answers many requests."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VERSION = "0.49.2"
MISSING = f"Bicep {VERSION} is not on the PATH and BICEP does not name it: infra/ was not compiled"
ROOT = Path(__file__).resolve().parents[3]
INFRA = ROOT / "infra"
DEPLOYMENTS = ROOT / "tests" / "infra" / "deployments"
MARK = DEPLOYMENTS / "infra.sha256"
WHERE = {
    "subscriptionId": "11111111-1111-1111-1111-111111111111",
    "tenantId": "22222222-2222-2222-2222-222222222222",
    "resourceGroup": "rg-balances",
    "location": "westeurope",
    "deploymentName": "main",
}


class BicepError(Exception):
    """The compiler refused a file; the text is the compiler's own."""


class Bicep:
    """A running compiler. It speaks JSON-RPC: https://github.com/Azure/bicep, src/Bicep.Cli/Rpc/ICliJsonRpcProtocol.cs."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.process = subprocess.Popen([path, "jsonrpc", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - from PATH or BICEP

    def ask(self, method: str, path: Path | None = None, **parameters: object) -> dict[str, Any]:
        """Return the response to a request about a file, or raise BicepError."""
        requests, answers = self.process.stdin, self.process.stdout
        assert requests is not None
        assert answers is not None
        given = parameters | ({"path": str(path)} if path else {})
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": f"bicep/{method}", "params": given}).encode()
        requests.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        requests.flush()
        length = int(answers.readline().partition(b":")[2])
        while answers.readline().strip():
            pass
        answer: dict[str, Any] = json.loads(answers.read(length))
        if "error" in answer:
            problem = answer["error"]["data"]
            raise BicepError((problem.get("inner") or problem)["message"])
        result: dict[str, Any] = answer["result"]
        return result

    def snapshot(self, parameters: Path) -> str:
        """Return what a deployment with this parameter file creates, as JSON. Raises BicepError if the parameters are refused."""
        return str(self.ask("getSnapshot", parameters, metadata=WHERE)["snapshot"])


@contextmanager
def compiler() -> Iterator[Bicep | None]:
    """Run the compiler, or yield None if this machine does not have this version."""
    path = shutil.which(os.environ.get("BICEP") or "bicep")
    if path is None:
        yield None
        return
    bicep = Bicep(path)
    with bicep.process:
        yield bicep if bicep.ask("version")["version"] == VERSION else None


def fingerprint(folder: Path = INFRA, deployments: Path = DEPLOYMENTS) -> str:
    """Return a hash of all inputs of the snapshots; line endings do not count."""
    digest = hashlib.sha256()
    for path in sorted([*folder.rglob("*.bicep"), *folder.rglob("*.kql"), *deployments.glob("*.bicepparam")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()
