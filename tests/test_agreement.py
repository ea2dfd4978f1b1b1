"""Settings, function.json, host.json, the example file and the documentation agree."""

import json
import re
from datetime import timedelta
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shared.errors import SnapshotError
from shared.history.runs import LEDGER_SECONDS
from shared.log import _LEVELS, Marker
from shared.services import RUN_SECONDS
from shared.settings.account_array import ACCOUNTS_SETTING
from shared.settings.accounts import MEMBERS
from shared.settings.read import NAMES, read_settings
from tests.support.generated_docs import errors_below

ROOT = Path(__file__).parents[1]
PAGES = pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name
)
ROW = re.compile(r"^\| `([^`]+)` \|(.*)\|$", re.MULTILINE)
HOSTS_OWN = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}


def read(name: str) -> str:
    """Return the text of a file in the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def read_json(name: str) -> Any:
    """Return a JSON file in the repository."""
    return json.loads(read(name))


def table_rows(page: str) -> dict[str, list[str]]:
    """Return the cells of each table row on a page that begins with a word in code."""
    return {match[1]: [cell.strip() for cell in match[2].split("|")] for match in ROW.finditer(read(page))}


def example_values() -> dict[str, str]:
    """Return the settings in the example file."""
    values: dict[str, str] = read_json("local.settings.example.json")["Values"]
    return values


def test_every_setting_is_documented_once() -> None:
    """Nobody finds a setting that is missing from the tables, and a setting that exists only there does nothing."""
    settings = [match[1] for match in ROW.finditer(read("docs/settings.md")) if match[1].isupper()]
    assert sorted([*settings, ACCOUNTS_SETTING]) == sorted(NAMES)
    assert f"\n`{ACCOUNTS_SETTING}` replaces the settings of one account" in read("docs/settings.md")


def test_documented_defaults_are_the_real_ones() -> None:
    """Setting the documented default is the same as omitting the setting."""
    rows = table_rows("docs/settings.md")
    needed = {
        name: text
        for name, text in example_values().items()
        if rows.get(name, [""])[0] == "yes" or name in {"KEY_VAULT_URL", "PARTNER_SECRET_NAME"}
    }
    defaults = {name: cells[1] for name, cells in rows.items() if name.isupper() and cells[1]}
    assert len(defaults) >= 8
    for name, default in defaults.items():
        if default.startswith("`"):
            assert read_settings(needed | {name: default.strip("`")}) == read_settings(needed), name
    (account,) = read_settings(needed).accounts
    assert account.name == account.tenant_id
    assert {name for name, default in defaults.items() if not default.startswith("`")} == {
        "PARTNER_API_URL",
        "PARTNER_LOGIN_URL",
        "PARTNER_ACCOUNT_NAME",
    }


@pytest.mark.parametrize("name", [name for name, cells in table_rows("docs/settings.md").items() if cells[0] == "yes"])
def test_a_setting_documented_as_needed_is_needed(name: str) -> None:
    """Without it, the settings are refused."""
    with pytest.raises(SnapshotError, match=f"{name} is missing"):
        read_settings(example_values() | {name: ""})


def test_documented_members_are_those_of_the_code() -> None:
    """Each next to the corresponding setting."""
    documented = {
        name: cells[0].strip("`") for name, cells in table_rows("docs/settings.md").items() if not name.isupper()
    }
    assert documented == {member: setting for setting, member in MEMBERS.items()}


def test_documented_examples_are_valid() -> None:
    """People start from both."""
    page = read("docs/settings.md")
    single = re.findall(r"^([A-Z_]+)=(.+)$", page, re.MULTILINE)
    assert len(read_settings(dict(single)).accounts) == 1
    (array,) = re.findall(r"```json\n(.+?)```", page, re.DOTALL)
    table_and_vault = {name: text for name, text in single if not name.startswith("PARTNER_")}
    assert len(read_settings(table_and_vault | {ACCOUNTS_SETTING: array}).accounts) == 2


def test_the_example_file_has_every_setting_and_is_valid() -> None:
    """People copy it unchanged."""
    assert set(example_values()) == set(NAMES) | HOSTS_OWN
    assert read_settings(example_values()).accounts[0].name == "Contoso"
    assert example_values()["FUNCTIONS_WORKER_RUNTIME"] == "python"
    assert f"`{example_values()['SNAPSHOT_SCHEDULE']}`" in read("docs/settings.md")
    assert f"'{example_values()['SNAPSHOT_SCHEDULE']}'" in read("infra/main.bicep")


def test_the_trigger() -> None:
    """The schedule is a setting, missed occurrences are caught up, a failed run is retried soon, and nothing runs at startup."""
    function = read_json("BalanceSnapshot/function.json")
    (binding,) = function["bindings"]
    assert not (ROOT / "function_app.py").exists(), "it would make the host forget function.json"
    assert binding["schedule"].strip("%") in NAMES
    assert binding["schedule"].startswith("%")
    assert binding["useMonitor"] is True
    assert "runOnStartup" not in binding
    assert function["retry"]["maxRetryCount"] == 2
    assert function["retry"]["delayInterval"] <= "00:01:00"


def time_span(text: str) -> timedelta:
    """Read `hh:mm:ss`."""
    hours, minutes, seconds = map(int, text.split(":"))
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def test_a_run_ends_before_the_host_ends_it_and_its_attempts_before_the_next_run() -> None:
    """A run that the host ends reports nothing, and an attempt that overlaps the next run does its work twice."""
    run, retry = timedelta(seconds=RUN_SECONDS + LEDGER_SECONDS), read_json("BalanceSnapshot/function.json")["retry"]
    assert run < timedelta(minutes=15) < time_span(read_json("host.json")["functionTimeout"]) - timedelta(minutes=4)
    more = retry["maxRetryCount"]
    assert run * (1 + more) + time_span(retry["delayInterval"]) * more < timedelta(hours=1)


def test_the_host_loses_no_line_and_downloads_nothing() -> None:
    """Alerts depend on single lines, and a timer trigger needs no extension bundle."""
    host = read_json("host.json")
    assert host["version"] == "2.0"
    assert host["logging"]["applicationInsights"]["samplingSettings"]["isEnabled"] is False
    assert "extensionBundle" not in host
    assert "retry" not in host, "the host ignores it there"


def test_every_marker_is_documented_with_its_level() -> None:
    """Alerts depend on the marker, and filters on the level."""
    levels = {"information": 20, "warning": 30, "error": 40}
    documented = {name: levels[cells[0]] for name, cells in table_rows("docs/errors.md").items() if cells[0] in levels}
    assert documented == {marker.value: _LEVELS.get(marker, 20) for marker in Marker}


def test_the_whole_deployed_set_is_pinned() -> None:
    """A deployment installs what was tested: all transitive dependencies are listed with their versions."""
    pinned = {
        canonicalize_name(one.name): str(one.specifier)
        for line in read("requirements.txt").splitlines()
        if line and not line.startswith("#")
        for one in [Requirement(line)]
        if one.marker is None or one.marker.evaluate()
    }
    waiting, brought = list(pinned), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in brought:
            brought.add(name)
            needs = [Requirement(text) for text in distribution(name).requires or []]
            waiting += [
                canonicalize_name(need.name)
                for need in needs
                if need.marker is None or need.marker.evaluate({"extra": ""})
            ]
    assert brought <= set(pinned)
    assert pinned == {name: f"=={distribution(name).version}" for name in pinned}


@PAGES
def test_a_page_names_only_known_settings_markers_and_codes(page: Path) -> None:
    """Finds words that were renamed in the code."""
    text = page.read_text(encoding="utf-8")
    workflows = "".join(path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml"))
    known = {*NAMES, *HOSTS_OWN, *(marker.value for marker in Marker), *re.findall(r"vars\.([A-Z_]+)", workflows)}
    assert set(re.findall(r"\b(?:SNAPSHOT|PARTNER|KEY_VAULT|SECRET|CREDIT|ARCHIVE)_[A-Z_]+\b", text)) <= known
    codes = {kind.code for kind in errors_below(SnapshotError) if "usual_remedy" in kind.__dict__}
    starts = {code.split("-")[0] for code in codes if "-" in code} - {"app", "partner", "table", "vault"}
    assert set(re.findall(rf"`((?:{'|'.join(sorted(starts))})-[a-z-]+)`", text)) <= codes


@PAGES
def test_a_pages_links_lead_somewhere(page: Path) -> None:
    """Links within the repository."""
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
        linked = page.parent / target if target else page
        assert linked.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@PAGES
def test_a_page_shows_every_word(page: Path) -> None:
    """Outside a code span, `<name>` is treated as HTML and disappears; inside one, an escape is shown literally."""
    parts = [
        part
        for block in MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8"))
        for part in block.children or []
    ]
    assert [part.content for part in parts if part.type == "html_inline"] == []
    assert [part.content for part in parts if part.type == "code_inline" and "&lt;" in part.content] == []


def test_a_remedys_pages_exist() -> None:
    """A remedy that names a missing page helps nobody."""
    code = "".join(module.read_text(encoding="utf-8") for module in (ROOT / "shared").rglob("*.py"))
    named = set(re.findall(r"\bdocs/[\w-]+\.md\b", code))
    assert named
    assert [page for page in sorted(named) if not (ROOT / page).is_file()] == []
