"""Every mutant misbehaves on a legal input, every variant does not, and both are written as agreed."""

from __future__ import annotations

import ast
import re
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from bnlab_autograder.curriculum import STAGE_OF, STAGES
from bnlab_autograder.diagnosis.bank import Entry, load_bank, namespace

from .probes import PROBES, Answers, alike, answers, differences, remarks

AUTOGRADER = Path(__file__).parents[2]
MUTANTS = load_bank(AUTOGRADER / "mutants")
VARIANTS = load_bank(AUTOGRADER / "variants")
PAGE = AUTOGRADER.parent / "course" / "pages" / "mistakes.md"

ALL_LINES = set(range(1, 75))
IN_PROSE = {10, 48, 49}
TOLERATED = {21, 37, 44, 46}  # 37: only in the form (1, D)
EXERCISES = set(STAGE_OF)
COURSE = EXERCISES | {name for stage in STAGES for name in stage.given}

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # wrong solutions divide by zero

mutants = pytest.mark.parametrize("entry", MUTANTS.values(), ids=MUTANTS)
variants = pytest.mark.parametrize("entry", VARIANTS.values(), ids=VARIANTS)


@cache
def answered(name: str | None, exercise: str) -> Answers:
    """Each probe gets a course of its own, so that no state is left over."""
    return answers(namespace(MUTANTS[name] if name else None), exercise)


@mutants
def test_a_mutant_has_its_fields(entry: Entry) -> None:
    assert entry.docstring, "say in one sentence what is wrong"
    assert entry.line is None or entry.line in ALL_LINES - IN_PROSE
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", entry.mistake)
    assert entry.exercise in EXERCISES
    assert entry.exercise in entry.changed
    assert entry.points in (None, "full")
    assert entry.points is None or entry.line in TOLERATED


@mutants
def test_a_message_is_for_students(entry: Entry) -> None:
    assert 60 < len(entry.message) < 420
    assert len(re.findall(r"[.?](?: |$)", entry.message)) <= 3, "what it is, why it matters, where to look"
    assert "np." not in entry.message
    assert not re.search(r"[`=+*/\[\]_]|\w\(", entry.message), "no code in a message"


@pytest.mark.parametrize("entry", [*MUTANTS.values(), *VARIANTS.values()], ids=lambda entry: entry.name)
def test_a_module_redefines_functions_of_the_course(entry: Entry) -> None:
    assert entry.docstring
    assert EXERCISES & set(entry.changed)
    used = {node.id for node in ast.walk(ast.parse(entry.source)) if isinstance(node, ast.Name)}
    spare = set(entry.changed) - COURSE - used
    assert not spare, f"nothing uses {spare}"


@mutants
def test_a_mutant_misbehaves(entry: Entry) -> None:
    got, want = answered(entry.name, entry.exercise), answered(None, entry.exercise)
    found = differences(got, want, rtol=1e-6)
    if entry.points == "full":
        assert not found
        assert remarks(got, want, rtol=1e-6) or entry.mistake == "alternative-calls-plain"
    else:
        assert found


@variants
def test_a_variant_is_right(entry: Entry) -> None:
    course = namespace(entry)
    for exercise in PROBES:
        found = differences(answers(course, exercise), answered(None, exercise), rtol=1e-9)
        assert not found, exercise


@pytest.mark.parametrize("exercise", sorted(EXERCISES))
def test_mutants_that_behave_alike_share_a_mistake(exercise: str) -> None:
    entries = [entry for entry in MUTANTS.values() if entry.exercise == exercise]
    for one, other in combinations(entries, 2):
        if alike(answered(one.name, exercise), answered(other.name, exercise)):
            assert one.mistake == other.mistake, f"{one.name} and {other.name} behave alike"


def test_every_line_of_the_list_has_a_mutant() -> None:
    lines = {entry.line for entry in MUTANTS.values() if entry.line}
    assert lines == ALL_LINES - IN_PROSE


def test_every_exercise_has_mutants_and_variants() -> None:
    assert {entry.exercise for entry in MUTANTS.values()} == EXERCISES
    counted = {name: sum(name in entry.changed for entry in VARIANTS.values()) for name in EXERCISES}
    assert min(counted.values()) >= 2, counted


def test_the_page_explains_every_mistake() -> None:
    page = PAGE.read_text(encoding="utf-8")
    anchors = re.findall(r'<a id="([^"]+)"></a>', page)
    assert len(anchors) == len(set(anchors))
    assert set(anchors) == {entry.mistake for entry in MUTANTS.values()}
    assert page.count("*Notice it:*") == len(anchors)
    assert "```" not in page, "no code"
