"""The error tree: its codes are a contract, and its docstring is accurate."""

import pytest

from shared import errors
from shared.errors import PermanentError, SettingProblem, SettingsInvalid, SnapshotError, TransientError, Unexpected
from tests.support.generated_docs import SERVICES, errors_below

BRANCHES = (TransientError, PermanentError)
LEAVES = [kind for kind in errors_below(SnapshotError) if kind not in BRANCHES]


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.code)
def test_each_error_says_what_it_means_and_what_to_do(kind: type[SnapshotError]) -> None:
    """Each error has a meaning and a remedy of at most 600 characters, because somebody reads it at night."""
    for text in (kind.__doc__ or "", kind.__dict__["usual_remedy"]):
        assert 20 < len(text) <= 600
        assert text[0].isupper()
        assert text.endswith(".")
        assert "\n" not in text


def test_each_remedy_of_a_refusal_is_short() -> None:
    """Even with the longest names in it."""
    over = f"The refresh token {'n' * 127} expired on 2026-11-22. "
    names = {"vault": "v" * 24, "name": "n" * 127, "secret_expiry": over, "token_expiry": over}
    rules = [rule for service in SERVICES.values() for rule in service.rules]
    remedies = [rule.remedy.format_map(names) for rule in rules if rule.remedy]
    assert all(20 < len(remedy) <= 600 for remedy in remedies)


def test_the_docstrings_tree_is_accurate() -> None:
    """Readers trust it: it has the same classes and codes, each under its branch."""
    drawn = [line.strip(" │├└─").split() for line in (errors.__doc__ or "").splitlines() if line.startswith("    ")]
    kinds: list[type[SnapshotError]] = [SnapshotError, *errors_below(SnapshotError)]
    assert [words[0] for words in drawn] == [kind.__name__ for kind in kinds]
    assert all(words[1:] == [kind.code] for words, kind in zip(drawn, kinds, strict=True) if kind in LEAVES)


def test_invalid_settings_lists_every_problem() -> None:
    """Each with the setting, what is wrong and what is right, as far as the line's length allows."""
    one, two = SettingProblem("A", "is missing", "a word"), SettingProblem("B", "is not a number", "digits")
    assert str(SettingsInvalid((one,))) == "1 problem in the settings. A is missing: a word"
    both = SettingsInvalid((one, two))
    assert str(both) == "2 problems in the settings. A is missing: a word | B is not a number: digits"
    assert both.problems == (one, two)
    line = "A is wrong: ".ljust(600, "x")
    many = SettingsInvalid((SettingProblem("A", "is wrong", "x" * 900),) * 20)
    assert str(many) == f"20 problems in the settings. {' | '.join([line] * 9)} | and 11 more"


def test_an_unknown_error_shows_its_last_frames() -> None:
    """Four of them, by file name only, without its text, which might contain a secret."""

    def fail(depth: int) -> None:
        if depth == 0:
            raise ValueError("hush")
        fail(depth - 1)

    with pytest.raises(ValueError, match="hush") as raised:
        fail(6)
    calls = [f"test_errors.py:{entry.lineno + 1}" for entry in raised.traceback]
    assert Unexpected.of(raised.value).message == f"ValueError at {' > '.join(calls[-4:])}"
