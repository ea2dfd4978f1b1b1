"""Where settings come from, and errors in a settings file."""

import json
from pathlib import Path

import pytest

from cli.support.settings_source import FILE_NAME, find_settings
from shared.errors import SettingsInvalid


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, and pretend that another one is the project's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cli.support.settings_source.PROJECT", tmp_path / "project")


def settings_file(folder: Path, **values: object) -> Path:
    """Write a settings file."""
    folder.mkdir(exist_ok=True)
    file = folder / FILE_NAME
    file.write_text(json.dumps({"IsEncrypted": False, "Values": values}), encoding="utf-8-sig")
    return file


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    """Setting by setting. An empty setting counts as absent, and other variables come only from the environment."""
    settings_file(tmp_path, KEY_VAULT_URL="file", PARTNER_TENANT_ID="file", AzureWebJobsStorage="x")
    environ = {"KEY_VAULT_URL": "environment", "PARTNER_TENANT_ID": " ", "IDENTITY_ENDPOINT": "here"}
    found = find_settings(environ, None)
    assert found.environ == {
        "KEY_VAULT_URL": "environment",
        "PARTNER_TENANT_ID": "file",
        "IDENTITY_ENDPOINT": "here",
    }
    assert found.origin == f"the environment and {tmp_path / FILE_NAME}"


def test_a_named_file_is_the_only_source(tmp_path: Path) -> None:
    """The environment's settings are ignored, so the file shows what applies."""
    file = settings_file(tmp_path / "other", KEY_VAULT_URL="file")
    found = find_settings({"PARTNER_TENANT_ID": "environment", "IDENTITY_ENDPOINT": "here"}, file)
    assert found.environ == {"KEY_VAULT_URL": "file", "IDENTITY_ENDPOINT": "here"}
    assert found.origin == str(file)


def test_the_projects_file_is_found_from_anywhere(tmp_path: Path) -> None:
    """If there is no file, the environment is used."""
    assert find_settings({}, None).origin == "the environment"
    settings_file(tmp_path / "project", KEY_VAULT_URL="file")
    assert find_settings({}, None).environ == {"KEY_VAULT_URL": "file"}


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"{", "line 1 column 2"),
        (b"\xff\xfe", "is not valid UTF-8 JSON (not UTF-8 at byte 0)"),
        (b'{"Values": {"PARTNER_CLOUD": "china", "PARTNER_CLOUD": "global"}}', "occurs twice"),
        (b"[]", 'has no "Values" object'),
        (b'{"Values": {"KEY_VAULT_URL": "x"}, "IsEncrypted": true}', "is encrypted"),
        (b'{"Values": {"PARTNER_ACCOUNTS": [{}]}}', "has a value that is not text in PARTNER_ACCOUNTS"),
        (None, "cannot be read (Is a directory)"),
    ],
)
def test_an_unreadable_file_is_reported(tmp_path: Path, content: bytes | None, wrong: str) -> None:
    """With its name, what is wrong and what is right, and never its content."""
    file = tmp_path / "settings.json"
    file.mkdir() if content is None else file.write_bytes(content)
    with pytest.raises(SettingsInvalid, match=r"settings\.json") as error:
        find_settings({}, file)
    [problem] = error.value.problems
    assert wrong in problem.wrong
    assert problem.right
