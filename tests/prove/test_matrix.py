"""A sample of the fault matrix: each step, and every second fault once. `python3 dev.py prove` runs all of it."""

import pytest

from standin import StandIn
from standin.faults import Drip, Hang
from tests.prove.matrix import Case, cases, make_tables, play
from tests.prove.steps import FAULTS, STEPS

SAMPLED = [step for step in STEPS if step.mode != "federated"]
QUICK = [name for name, fault in FAULTS.items() if not isinstance(fault, Hang | Drip)][::2]


def test_the_matrix_is_large() -> None:
    """Steps x faults x repetitions."""
    assert len(cases()) >= 1_200


@pytest.mark.parametrize("number", range(len(SAMPLED)), ids=[step.name for step in SAMPLED])
def test_a_sample_of_each_step(world: StandIn, number: int) -> None:
    """Each step gets a different part of the faults, so that together they cover many kinds."""
    make_tables(world)
    broken = {name: play(world, Case(SAMPLED[number], name, "once")) for name in QUICK[number :: len(SAMPLED)]}
    assert {case: what for case, what in broken.items() if what} == {}
