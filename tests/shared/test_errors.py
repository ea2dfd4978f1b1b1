"""The error tree: its codes are a contract, and its docstring and its page say what it is."""

import re

import pytest

from shared import errors
from shared.errors import (
    Ids,
    PartnerThrottled,
    PermanentError,
    SettingProblem,
    SettingsInvalid,
    SnapshotError,
    TransientError,
    VaultSecretMissing,
)
from tests.support.error_docs import BEGIN, CREDENTIAL_REMEDIES, ERRORS_PAGE, SERVICES, errors_below, errors_part

BRANCHES = (TransientError, PermanentError)
LEAVES = [kind for kind in errors_below(SnapshotError) if kind not in BRANCHES]


def test_codes_are_unique() -> None:
    """Alerts and scripts depend on the codes; docs/errors.md shows every change of one."""
    codes = [kind.code for kind in LEAVES]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.code)
def test_each_error_says_what_it_means_and_what_to_do(kind: type[SnapshotError]) -> None:
    """Each error has a meaning and a remedy, and a person at night reads at most 600 characters."""
    for text in (kind.__doc__ or "", kind.__dict__["usual_remedy"]):
        assert 20 < len(text) <= 600
        assert text[0].isupper()
        assert text.endswith(".")
        assert "\n" not in text


def test_each_remedy_of_a_refusal_is_short() -> None:
    """With the longest names in it, too."""
    names = {"vault": "v" * 24, "name": "n" * 127}
    rules = [rule for tables in SERVICES.values() for table in tables for rule in table.rules]
    remedies = [rule.remedy.format_map(names) for rule in rules if rule.remedy and rule.codes != ("invalid_client",)]
    assert all(20 < len(remedy) <= 600 for remedy in [*remedies, *CREDENTIAL_REMEDIES.values()])


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.code)
def test_each_error_is_in_exactly_one_branch(kind: type[SnapshotError]) -> None:
    """Whether a failure may pass is the first thing that its reader wants to know."""
    assert [issubclass(kind, branch) for branch in BRANCHES].count(True) == 1


def test_no_two_errors_share_their_words() -> None:
    """A copied meaning would make two codes that nobody can tell apart."""
    assert len({kind.__doc__ for kind in LEAVES}) == len(LEAVES)


def test_docstring_draws_the_tree_as_it_is() -> None:
    """A reader takes the drawing for the truth: same classes, same parents, same codes, in the same order."""
    drawn = []
    parents: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        match = re.fullmatch(r"([ │├└─]*)([A-Z]\w+)(?: +(\S.*))?", line)
        if match and (len(match[1]) == 4 or match[1].rstrip().endswith("─")):
            depth = len(match[1])
            parents[depth] = match[2]
            drawn.append((match[2], parents.get(depth - 4), match[3]))
    assert drawn[0][0] == "SnapshotError"
    assert [name for name, _, _ in drawn[1:]] == [kind.__name__ for kind in errors_below(SnapshotError)]
    for name, parent, note in drawn[1:]:
        kind = getattr(errors, name)
        assert [base.__name__ for base in kind.__bases__] == [parent]
        assert kind in BRANCHES or note == kind.code


def test_an_error_carries_message_remedy_and_ids() -> None:
    """What the log and the command line print of an error is all on it."""
    error = PartnerThrottled("GET https://x answered 429", ids=Ids("r", "c"))
    assert str(error) == error.message == "GET https://x answered 429"
    assert error.remedy == PartnerThrottled.usual_remedy
    assert (error.ids.request_id, error.ids.correlation_id) == ("r", "c")


def test_a_remedy_of_its_own_replaces_the_usual_one() -> None:
    """The place that raises an error may know better what to do."""
    assert VaultSecretMissing("no", remedy="Do this.").remedy == "Do this."


def test_invalid_settings_lists_every_problem() -> None:
    """All problems are listed at once, each with the setting, what is wrong and what is right."""
    one, two = SettingProblem("A", "is missing", "a word"), SettingProblem("B", "is not a number", "digits")
    assert str(SettingsInvalid((one,))) == "1 problem in the settings. A is missing: a word"
    both = SettingsInvalid((one, two))
    assert str(both) == "2 problems in the settings. A is missing: a word | B is not a number: digits"
    assert both.problems == (one, two)


def test_errors_page_is_the_tree() -> None:
    """docs/errors.md is written from the tree; run `python3 dev.py docs` when this fails."""
    introduction, _, rendered = ERRORS_PAGE.read_text(encoding="utf-8").partition(BEGIN)
    assert introduction.startswith("# ")
    assert rendered.strip() == errors_part().strip(), "run `python3 dev.py docs`"
