"""Where a command's settings come from: the --settings file, or the environment and local.settings.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from shared.errors import SettingProblem, SettingsInvalid
from shared.net.exact_json import loads
from shared.settings.read import NAMES, Settings, read_settings

FILE_NAME = "local.settings.json"
PROJECT = Path(__file__).resolve().parents[2]

SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="Read the settings only from this file, not from the environment or local.settings.json.",
    ),
]


class SettingsSource(NamedTuple):
    """The values to read settings from, and a description of their origin."""

    environ: Mapping[str, str]
    origin: str

    def read(self) -> Settings:
        """Read the settings; raises SettingsInvalid with the problems of all settings."""
        return read_settings(self.environ)


def find_settings(environ: Mapping[str, str], file: Path | None) -> SettingsSource:
    """Find the settings.

    If `file` is given, settings come only from it. Otherwise the environment overrides local.settings.json, which is looked up in
    the current folder and then next to `cli`. Other variables (IDENTITY_ENDPOINT, proxies) always come from the environment.
    Raises SettingsInvalid for a file that cannot be read as settings.
    """
    if file is not None:
        others = {name: value for name, value in environ.items() if name not in NAMES}
        return SettingsSource({**others, **_values(file)}, str(file))
    found = next((path.absolute() for folder in (Path(), PROJECT) if (path := folder / FILE_NAME).is_file()), None)
    if found is None:
        return SettingsSource(environ, "the environment")
    overrides = {name: value for name, value in environ.items() if value.strip() or name not in NAMES}
    return SettingsSource({**_values(found), **overrides}, f"the environment and {found}")


def _values(file: Path) -> dict[str, str]:
    """Return our settings from a file in the format of Azure Functions Core Tools."""

    def invalid(wrong: str, right: str) -> SettingsInvalid:
        return SettingsInvalid((SettingProblem(str(file), wrong, right),))

    try:
        document = loads(file.read_bytes())
    except ValueError as error:
        raise invalid(f"is not valid UTF-8 JSON ({error})", "compare it with local.settings.example.json") from None
    except OSError as error:
        raise invalid(f"cannot be read ({error.strerror})", "name a file that you can read") from None
    values = document.get("Values") if isinstance(document, dict) else None
    if not isinstance(values, dict):
        raise invalid('has no "Values" object', 'put the settings in "Values", as in the example file')
    if document.get("IsEncrypted"):
        raise invalid("is encrypted", "run `func settings decrypt` first")
    ours = {name: value for name, value in values.items() if name in NAMES}
    if wrong := ", ".join(name for name, value in ours.items() if not isinstance(value, str)):
        raise invalid(f"has a value that is not text in {wrong}", "put every value in quotes, PARTNER_ACCOUNTS too")
    return ours
