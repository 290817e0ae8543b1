"""The table of attacks, by category. Each is a cell of a notebook that is half solved; see ``attack.Attack``."""

from dataclasses import replace

from . import escaping, exhausting, forging, reading, surviving
from .attack import PRELUDE, SOLVED, Attack

CATEGORIES = {
    "reading": reading.ATTACKS,
    "forging": forging.ATTACKS,
    "escaping": escaping.ATTACKS,
    "exhausting": exhausting.ATTACKS,
    "surviving": surviving.ATTACKS,
}
ATTACKS = tuple(
    replace(attack, category=category, name=f"{category}-{attack.name}")
    for category, attacks in CATEGORIES.items()
    for attack in attacks
)

__all__ = ["ATTACKS", "CATEGORIES", "PRELUDE", "SOLVED", "Attack"]
