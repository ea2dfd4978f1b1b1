"""The JSON of the commands is what docs/operate.md says, member by member."""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.history.row import COLUMNS
from standin import StandIn
from standin.playground import fill
from tests.cli.conftest import Cli
from tests.support.rows import TODAY

PAGE = Path(__file__).parents[2] / "docs" / "operate.md"
LINE = re.compile(r"^\| ([a-zA-Z, :]+) \| (`.*`) \| ([a-z ]+) \| .*\|$", re.MULTILINE)
TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "true or false": {"type": "boolean"},
    "list of text": {"type": "array", "items": {"type": "string"}},
    "null": {"type": "null"},
}
COMMANDS = ("balance", "status", "check", "history", "history --by month", "history --runs")
ONLY_DEPLOYED = {("run", name) for name in ("accounts", "recorded", "kept", "failed")}


def documented() -> dict[str, dict[str, dict[str, Any]]]:
    """Return each member's schema by list (for `findings`, by step) and name."""
    lists: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for where, names, kind in LINE.findall(PAGE.read_text(encoding="utf-8").partition("## JSON of the commands")[2]):
        within, _, steps = where.partition(": ")
        either = [TYPES[kind.removesuffix(" or null")], *([TYPES["null"]] if kind.endswith(" or null") else [])]
        for place in (steps or within).split(", "):
            lists[place] |= {key: {"anyOf": either} for key in re.findall(r"`(\w+)`", names)}
    lists["rows"] = {column.name: {} for column in COLUMNS}
    return lists


@pytest.fixture
def documents(cli: Cli, world: StandIn) -> list[dict[str, Any]]:
    """Return every command's JSON for a playground in which one account fails and one has no rows."""
    playground = fill(world, TODAY, days=60)
    world.vault.delete(str(playground.partners[3].secret_name))
    stored = world.vault.versions(str(playground.partners[1].refresh_token_name))[0]
    stored.created = stored.created.replace(year=stored.created.year - 1)
    new = world.add_partner(name="New").account
    cli.use(playground.environ)
    accounts = json.loads(cli.environ["PARTNER_ACCOUNTS"])
    cli.use({"PARTNER_ACCOUNTS": json.dumps([*accounts, new])})
    return [json.loads(cli(*command.split(), "--format", "json").out) for command in COMMANDS]


def test_every_member_is_documented_with_its_type(documents: list[dict[str, Any]]) -> None:
    """The page and the JSON have the same members, and each value has the documented type."""
    schemas, seen = documented(), set()
    for document in documents:
        for name, found in document.items():
            for item in found if isinstance(found, list) else [found] if isinstance(found, dict) else []:
                if isinstance(item, dict):
                    places = [name, *([item["step"]] if name == "findings" else [])]
                    members = {member: schema for place in places for member, schema in schemas[place].items()}
                    Draft202012Validator({"properties": members, "additionalProperties": False}).validate(item)
                    seen |= {(place, member) for place in places for member in schemas[place] if member in item}
    assert {(place, name) for place, members in schemas.items() for name in members} - seen == ONLY_DEPLOYED
