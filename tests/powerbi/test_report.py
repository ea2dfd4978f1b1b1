"""The report: every field is one of the model, and every page can be read, by eye, by keyboard and by screen reader."""

import itertools
import json
import re
import subprocess
import uuid
from collections.abc import Iterator

import pytest
from pbir_utils.rule_engine import validate_report

from shared.history.row import COLUMNS
from tests.powerbi.tools import node_runner, pbir
from tests.powerbi.tools.model import PROJECT, Model
from tests.powerbi.tools.pbir import Page, Visual

PAGES = pbir.read_pages()
PAGE_ONE, _, _, DATA, TECHNICAL = PAGES


COLOUR = re.compile(r"#[0-9A-F]{6}")


def visuals() -> Iterator[tuple[Page, Visual]]:
    """Go through every visual."""
    for page in PAGES:
        for visual in page.visuals:
            yield page, visual


def test_the_pages_are_the_five() -> None:
    """In this order, the answers first."""
    assert [page.title for page in PAGES] == ["Overview", "Months", "Health", "Data", "Technical"]


def test_page_one_answers_the_four_questions() -> None:
    """In one strip, at most six cards, one trend and one table."""
    shown = {field.name for visual in PAGE_ONE.visuals for field in visual.fields}
    assert shown >= {"Balance on the day", "Change since month close"}, "how has the balance developed"
    assert shown >= {"Last invoice", "Last payment"}, "when was last invoiced and paid"
    assert shown >= {"Worst credit use", "Headroom", "Limit on the day"}, "how near is the limit"
    assert shown >= {"Freshness", "Missing days", "Missed day"}, "was any day missed, is the newest reading fresh"
    cards = [field for visual in PAGE_ONE.visuals if visual.kind == "cardVisual" for field in visual.fields]
    assert len(cards) <= 6


def test_microsofts_validator_finds_nothing() -> None:
    """Wells, names, theme and layout, by the tool for Power BI's report authors; JSON schemas have a test of their own, offline."""
    tool = node_runner.FOLDER / "node_modules" / "@microsoft" / "powerbi-report-authoring-cli" / "dist" / "cli.js"
    if not tool.is_file():
        pytest.skip("Microsoft's validator is not installed: npm ci --ignore-scripts in tests/powerbi/tools/node")
    command = [node_runner.find_node(), str(tool), "validate", "--no-schema", str(pbir.REPORT)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)  # noqa: S603 - our own tool
    found = json.loads(done.stdout)["data"]
    assert found["errorCount"] + found["warningCount"] == 0, found["diagnostics"]


def test_every_field_is_one_of_the_model(model: Model) -> None:
    """A field that the model does not have makes its visual an error box."""
    assert sum(len(visual.fields) for _, visual in visuals()) > 50
    for page, visual in visuals():
        for field in visual.fields:
            table = model.tables[field.table]
            known = table.measures if field.kind == "Measure" else table.columns
            assert field.name in known, f"{page.title}: {visual.key}: {field.table}[{field.name}]"


def test_sorting_is_by_fields_of_the_visual() -> None:
    """Desktop drops a sort by anything else."""
    for _, visual in visuals():
        query = visual.document["visual"].get("query", {})
        shown = [
            projection["field"] for well in query.get("queryState", {}).values() for projection in well["projections"]
        ]
        assert all(sort["field"] in shown for sort in query.get("sortDefinition", {}).get("sort", ()))


def test_everything_has_a_title_and_an_alternative_text() -> None:
    """A screen reader can say what the visual is; a table of one line is headed by its columns."""
    for page, visual in visuals():
        one_line = visual.kind == "tableEx" and all(field.kind == "Measure" for field in visual.fields)
        assert visual.title or one_line, f"{page.title}: {visual.key}"
        assert visual.alt_text, f"{page.title}: {visual.key}"


def test_the_keyboard_goes_in_reading_order() -> None:
    """From the top to the bottom, and from left to right in a row; the heading comes first."""
    for page in PAGES:
        assert page.visuals[0].kind == "textbox"
        orders = [visual.tab_order for visual in page.visuals]
        assert len(set(orders)) == len(orders)
        for before, after in itertools.pairwise(page.visuals[1:]):
            assert after.y >= before.y, f"{page.title}: {after.key}"
            assert after.y > before.y or after.x > before.x, f"{page.title}: {after.key}"


def test_nothing_overlaps_or_leaves_the_page() -> None:
    """Every visual has its own place."""
    for page in PAGES:
        for visual in page.visuals:
            assert 0 <= visual.x <= visual.x + visual.width <= page.width
            assert 0 <= visual.y <= visual.y + visual.height <= page.height
        for one, other in itertools.combinations(page.visuals, 2):
            apart = (
                one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.y + one.height <= other.y
                or other.y + other.height <= one.y
            )
            assert apart, f"{page.title}: {one.key} and {other.key}"


def test_a_page_with_amounts_has_one_currency_chosen(model: Model) -> None:
    """Where an amount is shown there is a slicer that lets one currency through, and no more."""
    amounts = {measure.name for measure in model.measures.values() if measure.format_expression}
    for page in PAGES:
        fields = {field.name for visual in page.visuals for field in visual.fields}
        if fields & (amounts | {"BalanceAmount"}):
            (slicer,) = [
                visual for visual in page.visuals if visual.kind == "slicer" and visual.fields[0].name == "Currency"
            ]
            (selection,) = slicer.document["visual"]["objects"]["selection"]
            assert selection["properties"]["strictSingleSelect"]["expr"]["Literal"]["Value"] == "true"


def test_slicers_are_kept_from_page_to_page() -> None:
    """The same choice holds on every page that offers it."""
    for _, visual in visuals():
        if visual.kind == "slicer":
            assert visual.document["visual"]["syncGroup"] == {
                "groupName": visual.title,
                "fieldChanges": True,
                "filterChanges": True,
            }


def test_amounts_are_not_abbreviated_on_cards() -> None:
    """A card shows 134,570.43, not 134.57K."""
    for _, visual in visuals():
        if visual.kind == "cardVisual":
            (value,) = visual.document["visual"]["objects"]["value"]
            assert value["properties"]["labelDisplayUnits"]["expr"]["Literal"]["Value"] == "1D"


def test_data_has_eight_columns_and_technical_the_rest() -> None:
    """Every column of the row can be seen and exported, the technical ones on a page of their own."""
    (data,) = [visual for visual in DATA.visuals if visual.kind == "tableEx"]
    (technical,) = [visual for visual in TECHNICAL.visuals if visual.kind == "tableEx"]
    assert len(data.fields) == 8
    in_other_words = {"PartitionKey", "SnapshotDate", "CurrencyCode"}
    assert {column.name for column in COLUMNS} - in_other_words <= {field.name for field in technical.fields}
    report = pbir.load(pbir.DEFINITION / "report.json")
    assert report["settings"]["exportDataMode"] == "AllowSummarizedAndUnderlying"


def test_only_tables_by_account_have_a_total() -> None:
    """A total over days or months would be misleading, and a matrix of days has none."""
    for _, visual in visuals():
        if visual.kind == "tableEx":
            amounts = {"Current balance", "Change over 7 days"} & {field.name for field in visual.fields}
            assert visual.has_total == bool(amounts and visual.fields[0].name == "Account"), visual.name
        if visual.kind == "pivotTable":
            shown = visual.document["visual"]["objects"]["subTotals"][0]["properties"].values()
            assert {value["expr"]["Literal"]["Value"] for value in shown} == {"false"}


def test_the_default_period_is_12_months() -> None:
    """The slicer's stored choice is the only one; the currency's first entry is chosen without one."""
    for _, visual in visuals():
        if visual.kind == "slicer":
            stored = json.dumps(visual.document["visual"]["objects"].get("general", ""))
            assert ("'Last 12 months'" in stored) == (visual.fields[0].name == "Period"), visual.name


def luminance(color: str) -> float:
    """Return the relative luminance of a colour, by WCAG 2.2."""

    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(color[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, by WCAG 2.2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_theme_has_contrast() -> None:
    """Text has 7:1 against the background, lines and marks 4.5:1."""
    theme = pbir.load(pbir.REPORT / "StaticResources" / "RegisteredResources" / "PartnerBalances.json")
    assert contrast(theme["foreground"], theme["background"]) >= 7
    assert all(contrast(text["color"], theme["background"]) >= 7 for text in theme["textClasses"].values())
    assert all(
        contrast(color, theme["background"]) >= 4.5 for color in (*theme["dataColors"], theme["good"], theme["bad"])
    )


def test_cells_that_are_coloured_can_be_read(model: Model) -> None:
    """The measures' colours leave the text its contrast."""
    theme = pbir.load(pbir.REPORT / "StaticResources" / "RegisteredResources" / "PartnerBalances.json")
    colours = {
        found
        for name, measure in model.measures.items()
        if name.endswith("colour")
        for found in COLOUR.findall(measure.dax)
    }
    assert len(colours) == 3
    assert all(contrast(theme["foreground"], colour) >= 7 for colour in colours)


def test_the_parts_of_the_project_find_each_other() -> None:
    """The shortcut, the report and the model; without .platform Desktop refuses to open the report."""
    shortcut = pbir.load(PROJECT / "PartnerBalances.pbip")
    report = PROJECT / shortcut["artifacts"][0]["report"]["path"]
    model = report / pbir.load(report / "definition.pbir")["datasetReference"]["byPath"]["path"]
    assert (model / "definition" / "model.tmdl").is_file()
    ids = []
    for folder, kind in ((report, "Report"), (model, "SemanticModel")):
        platform = pbir.load(folder / ".platform")
        assert platform["metadata"]["type"] == kind
        ids.append(str(uuid.UUID(platform["config"]["logicalId"])))
    assert len(set(ids)) == len(ids)


def test_no_file_begins_with_a_byte_order_mark() -> None:
    """Desktop reads UTF-8 without one."""
    for path in PROJECT.rglob("*"):
        if path.is_file():
            assert not path.read_bytes().startswith(b"\xef\xbb\xbf"), path


def test_a_public_linter_of_reports_finds_nothing() -> None:
    """pbir-utils' rules: no rogue folders, unused parts, default page names or hidden visuals; its remarks on size do not count."""
    result = validate_report(str(pbir.REPORT), strict=False)
    assert result.results
    assert result.error_count + result.warning_count == 0, result.violations
