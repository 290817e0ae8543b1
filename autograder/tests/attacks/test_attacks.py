"""Attacks on the judge. Each is graded as part of a half-solved notebook; then we look whether it got anywhere."""

from __future__ import annotations

import pytest

from .cells import ATTACKS
from .stand import BENCHES, WITHOUT_WALLS

TYPING_ERRORS = (
    "NameError",
    "SyntaxError",
    "IndentationError",
)  # of ours: an attack that does not run attacks nothing


ON_THE_JUDGE = ("A-user", "B-root")  # where those are tried that no wall is to stop
TRIED = [
    pytest.param(bench, attack, id=f"{bench.name}-{attack.name}")
    for bench in BENCHES
    for attack in ATTACKS
    if attack.meets_walls or bench.name in ON_THE_JUDGE
]


@pytest.mark.parametrize(("bench", "attack"), TRIED)
def test_the_attack_fails(stand_of, bench, attack):
    result = stand_of(bench).attack(attack)
    assert not result.reached, f"{attack.goal}: {result.reached}"
    assert result.data["tier"] == bench.tier
    points = result.data["points"]
    assert points is not None, result.data["findings"]
    assert points == attack.earns or (attack.harms_itself and points < attack.earns), points
    assert attack.harms_itself or result.cell_error not in TYPING_ERRORS, result.shown[-1000:]


REAL = [attack for attack in ATTACKS if attack.without_walls]


@pytest.mark.parametrize("attack", REAL, ids=lambda attack: attack.name)
def test_without_walls_it_succeeds(stand_of, attack):
    """The walls stop it, and not a mistake in its cell."""
    assert attack.sign in stand_of(WITHOUT_WALLS).attack(attack, followed=False).reached
