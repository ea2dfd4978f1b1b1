"""docs/deploy.md: everything a reader pastes exists, and the sums are right."""

import re
from pathlib import Path

import pytest

from tests.infra.tools.bicep import INFRA, ROOT
from tests.infra.tools.deployment import NAMES, deployment

TEXTS = {name: (ROOT / f".github/workflows/{name}.yml").read_text("utf-8") for name in ("deploy", "snapshot")}
GUIDE = (ROOT / "docs" / "deploy.md").read_text("utf-8")


def section(heading: str) -> str:
    """Return the text under a heading."""
    _, _, rest = GUIDE.partition(f"\n## {heading}\n")
    assert rest, heading
    return rest.partition("\n## ")[0]


def test_the_documented_outputs_are_the_real_ones() -> None:
    """The block that the reader compares with is what the deployment prints."""
    shown = dict(re.findall(r'^  "(\w+)": \{ "type": "String", "value": "([^"]+)" \}', GUIDE, re.MULTILINE))
    real = deployment("usual").outputs
    assert shown.keys() == real.keys()
    for name, value in real.items():
        plain = re.sub(
            r"\[format\('https://\{0\}\.table\.\{1\}', '(\w+)', .*", r"https://\1.table.core.windows.net", value
        )
        assert re.fullmatch(re.escape(shown[name]).replace("…", "[a-z2-7]{13}"), plain)


def test_the_named_parameters_and_files_exist() -> None:
    """A rename must include the guide and the workflows, which would otherwise break only in the cloud."""
    named = set(re.findall(r"^\| `(\w+)` \|", section("1. Create everything"), re.MULTILINE))
    named |= {"operatorType", "suffix", "archive", "githubSubject"}
    assert all(f"`{name}`" in GUIDE for name in named)
    named |= set(re.findall(r"--parameters (\w+)=", TEXTS["deploy"]))
    assert named <= set(re.findall(r"^param (\w+)", (INFRA / "main.bicep").read_text("utf-8"), re.MULTILINE))
    text = GUIDE + "".join(TEXTS.values())
    files = set(re.findall(r"(?<![\w/.])(?:(?:infra|cli|\.github)/[\w./]+\w|requirements\.txt)", text))
    assert {"infra/main.bicep", "infra/main.bicepparam", ".github/workflows/snapshot.yml"} <= files
    assert all((ROOT / name).is_file() for name in files)


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_every_page_lead_somewhere(page: Path) -> None:
    """To a file, and to an existing heading if the link has an anchor."""
    for target in re.findall(r"\]\((?!https?://|mailto:)([^)]+)\)", page.read_text("utf-8")):
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        assert there.exists(), target
        if anchor:
            text = there.read_text("utf-8")
            headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}
            assert anchor in anchors | set(re.findall(r'<a id="([^"]+)"', text)), target


def test_the_monthly_cost_is_the_sum_of_its_parts() -> None:
    """A changed price with an unchanged sum misleads."""
    rows = re.findall(
        r"^\| ([^|]+) \|([^|]*)\|([^|]*)\| \**\$([\d.]+)\** \|$", section("What it costs a month"), re.MULTILINE
    )
    *parts, total = [round(float(row[3]) * 100) for row in rows]
    assert len(parts) == 6
    assert sum(parts) == total
    for _, quantity, price, month in rows[:-1]:
        units = 1 if "GB-s" in quantity or "rule" in price else 1e-3 if "MB" in quantity else 1e-4
        amount = re.findall(r"[\d,]+(?= (?:GB-s|MB))|[\d,]+$|^\d+", quantity.strip())[-1].replace(",", "")
        assert round(float(amount) * units * float(price.split("$")[1].split()[0]), 2) == float(month), quantity
    rules = deployment("usual").rules
    assert [row[1].split(",")[0].strip() for row in rows if row[0] == "alert rules"] == [str(len(rules))]


def test_the_providers_are_registered() -> None:
    """Those for the resources, and the one behind the function's subnet; the guide and the workflow list the same ones."""
    kinds = {each["type"] for name in NAMES for each in deployment(name).resources}
    needed = {kind.split("/")[0].removeprefix("Microsoft.") for kind in kinds} - {"Authorization"} | {"App"}
    (named,) = re.findall(r"of the names (.+?);", GUIDE.replace("\n", " "))
    (listed,) = re.findall(r"for provider in (.+); do", TEXTS["deploy"])
    assert set(re.findall(r"[A-Z]\w+", named)) == set(listed.split()) == needed


def test_every_variable_of_the_workflows_is_explained() -> None:
    """If nobody sets a variable, a workflow fails for no obvious reason."""
    used = {name for text in TEXTS.values() for name in re.findall(r"\b(?:vars|secrets)\.(\w+)", text)}
    assert {"AZURE_CLIENT_ID", "SNAPSHOT_SETTINGS", "SNAPSHOT_TRIGGER", "ALERT_WEBHOOK"} < used
    assert [name for name in sorted(used) if f"`{name}`" not in GUIDE] == []
