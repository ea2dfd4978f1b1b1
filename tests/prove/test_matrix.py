"""A sample of the fault matrix, each step and each fault once; `python3 dev.py prove` plays all of it."""

import pytest

from standin import StandIn
from standin.faults import Drip, Hang
from tests.prove.matrix import Case, Matrix, cases
from tests.prove.steps import FAULTS, STEPS

SAMPLED = [step for step in STEPS if step.mode not in {"pkcs12", "federated"}]
SLOW = tuple(name for name, fault in FAULTS.items() if isinstance(fault, Hang | Drip))


def test_the_matrix_is_large() -> None:
    """Steps x faults x how often."""
    assert len(cases()) >= 1_200


@pytest.mark.parametrize("number", range(len(SAMPLED)), ids=[step.name for step in SAMPLED])
def test_a_sample_of_each_step(world: StandIn, number: int) -> None:
    """Another part of the faults at each step, so that together the steps see all of them."""
    names = [name for name in FAULTS if name not in SLOW][number :: len(SAMPLED)]
    player = Matrix(world)
    broken = {name: player.play(Case(SAMPLED[number], name, "once")) for name in names}
    assert {case: what for case, what in broken.items() if what} == {}
