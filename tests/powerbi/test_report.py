"""The report: every field is in the model, and every page is readable by eye, by keyboard and by screen reader."""

import itertools
import json
import re
import subprocess
import uuid
from pathlib import Path

import pytest
from pbir_utils.rule_engine import validate_report

from shared.history.row import COLUMNS
from tests.powerbi.tools import mashup, pbir
from tests.powerbi.tools.model import PROJECT, read_model

MODEL = read_model()
PAGES = pbir.read_pages()
VISUALS = [visual for page in PAGES for visual in page.visuals]
SLICERS = [visual for visual in VISUALS if visual.kind == "slicer"]
TABLES = [visual for visual in VISUALS if visual.kind == "tableEx"]
AMOUNTS = {"BalanceAmount"} | MODEL.amounts
VALIDATOR = Path(__file__).with_name("tools") / "node/node_modules/@microsoft/powerbi-report-authoring-cli/dist/cli.js"
THEME = pbir.load(pbir.REPORT / "StaticResources" / "RegisteredResources" / "PartnerBalances.json")


@pytest.mark.skipif(not VALIDATOR.is_file(), reason="needs npm ci --ignore-scripts in tests/powerbi/tools/node")
def test_microsofts_validator_finds_nothing() -> None:
    """Wells, names, theme and bounds, checked by the tool for Power BI report authors; a separate offline test covers the JSON schemas."""
    command = [mashup.node(), str(VALIDATOR), "validate", "--no-schema", str(pbir.REPORT)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)  # noqa: S603 - our own tool
    found = json.loads(done.stdout)["data"]
    assert found["errorCount"] + found["warningCount"] == 0, found["diagnostics"]


def test_a_public_report_linter_finds_nothing() -> None:
    """pbir-utils' rules: no rogue folders, unused parts, default page names or hidden visuals; its remarks on size do not count."""
    result = validate_report(str(pbir.REPORT), strict=False)
    assert result.results
    assert result.error_count + result.warning_count == 0, result.violations


def test_page_one_answers_the_four_questions() -> None:
    """The first of five pages has the answers: one strip, at most six cards, one trend and one table."""
    titles = [page.document["displayName"] for page in PAGES]
    assert titles == ["Overview", "Months", "Health", "Data", "Technical"]
    shown = {field.name for visual in PAGES[0].visuals for field in visual.fields}
    assert shown >= {"Balance on the day", "Change since month close"}, "how has the balance developed"
    assert shown >= {"Last invoice", "Last payment"}, "when were the last invoice and payment"
    assert shown >= {"Worst credit use", "Headroom", "Limit on the day"}, "how close is the limit"
    assert shown >= {"Freshness", "Missing days", "Missed day"}, "was any day missed, is the latest reading fresh"
    assert len([field for visual in PAGES[0].visuals if visual.kind == "cardVisual" for field in visual.fields]) <= 6


def test_data_has_eight_columns_and_technical_the_rest() -> None:
    """Every column of the row can be seen and exported; the technical ones have their own page."""
    data, technical = ([field.name for field in visual.fields] for visual in TABLES[-2:])
    assert len(data) == 8
    in_other_words = {"PartitionKey", "SnapshotDate", "CurrencyCode"}
    assert {column.name for column in COLUMNS} - in_other_words <= set(technical)
    assert pbir.load(pbir.DEFINITION / "report.json")["settings"]["exportDataMode"] == "AllowSummarizedAndUnderlying"


@pytest.mark.parametrize("visual", VISUALS, ids=lambda visual: visual.document["name"])
def test_a_visual_can_be_read(visual: pbir.Visual) -> None:
    """Its fields exist, it sorts by one of them, and a screen reader can describe it. A one-line table has a heading."""
    for field in visual.fields:
        table = MODEL.tables[field.table]
        assert field.name in (table.measures if field.kind == "Measure" else table.columns), field
    wells = visual.query.get("queryState", {}).values()
    shown = [projection["field"] for well in wells for projection in well["projections"]]
    assert all(sort["field"] in shown for sort in visual.query.get("sortDefinition", {}).get("sort", ()))
    one_line = visual.kind == "tableEx" and all(field.kind == "Measure" for field in visual.fields)
    assert visual.title or one_line
    assert visual.setting("general", "altText")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_a_page_is_read_from_the_top_left_and_nothing_overlaps(page: pbir.Page) -> None:
    """The keyboard goes from the heading down, and from left to right within a row; no two visuals overlap."""
    heading, *others = page.visuals
    assert heading.kind == "textbox"
    places = [(visual.box[1], visual.box[0]) for visual in others]
    assert places == sorted(places)
    orders = {visual.document["position"]["tabOrder"] for visual in page.visuals}
    assert len(orders) == len(page.visuals)
    for one, other in itertools.combinations(page.visuals, 2):
        (x, y, width, height), (left, top, wide, high) = one.box, other.box
        assert x + width <= left or left + wide <= x or y + height <= top or top + high <= y, (one.key, other.key)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_a_page_with_amounts_has_one_currency_selected(page: pbir.Page) -> None:
    """A page that shows an amount has a slicer that admits exactly one currency."""
    if AMOUNTS & {field.name for visual in page.visuals for field in visual.fields}:
        (slicer,) = (each for each in page.visuals if each in SLICERS and each.fields[0].name == "Currency")
        assert slicer.setting("selection", "strictSingleSelect") == "true"


def test_slicers_agree_and_start_with_12_months() -> None:
    """A selection applies on every page that offers it. Only the period is stored; among the currencies, the first is selected."""
    for slicer in SLICERS:
        group = {"groupName": slicer.title, "fieldChanges": True, "filterChanges": True}
        assert slicer.document["visual"]["syncGroup"] == group
        stored = "'Last 12 months'" in json.dumps(slicer.instances("general"))
        assert stored == (slicer.fields[0].name == "Period"), slicer.document["name"]


def test_amounts_are_unabbreviated_and_totals_only_cover_accounts() -> None:
    """A card shows 134,570.43, not 134.57K. A total over days or months would mislead, so a matrix of days has none."""
    for visual in VISUALS:
        if visual.kind == "cardVisual":
            assert visual.setting("value", "labelDisplayUnits") == "1"
        if visual.kind == "pivotTable":
            (shown,) = visual.instances("subTotals")
            assert {visual.setting("subTotals", name) for name in shown} == {"false"}
    for table in TABLES:
        amounts = {"Current balance", "Change over 7 days"} & {field.name for field in table.fields}
        by_account = bool(amounts) and table.fields[0].name == "Account"
        assert (table.setting("total", "totals") == "true") == by_account, table.document["name"]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colors, according to WCAG 2.2."""

    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    def luminance(color: str) -> float:
        red, green, blue = (linear(int(color[at : at + 2], 16)) for at in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_theme_has_contrast() -> None:
    """Text has 7:1 against the background and the measures' colors; lines and marks have 4.5:1."""
    colors = [measure.expression for name, measure in MODEL.measures.items() if name.endswith("color")]
    cells = set(re.findall("#[0-9A-F]{6}", "".join(colors)))
    assert len(cells) == 3
    assert all(contrast(THEME["foreground"], color) >= 7 for color in (THEME["background"], *cells))
    assert all(contrast(text["color"], THEME["background"]) >= 7 for text in THEME["textClasses"].values())
    marks = (*THEME["dataColors"], THEME["good"], THEME["bad"])
    assert all(contrast(color, THEME["background"]) >= 4.5 for color in marks)


def test_the_parts_of_the_project_find_each_other() -> None:
    """The shortcut, the report and the model. Without .platform, Desktop refuses to open the report."""
    report = PROJECT / pbir.load(PROJECT / "PartnerBalances.pbip")["artifacts"][0]["report"]["path"]
    model = report / pbir.load(report / "definition.pbir")["datasetReference"]["byPath"]["path"]
    assert (model / "definition" / "model.tmdl").is_file()
    platforms = [pbir.load(folder / ".platform") for folder in (report, model)]
    assert [platform["metadata"]["type"] for platform in platforms] == ["Report", "SemanticModel"]
    assert len({uuid.UUID(platform["config"]["logicalId"]) for platform in platforms}) == 2
