"""What counts as near-identical, and what does not."""

import inspect
import random
import time

import bnlab_solutions
import pytest
from bnlab_autograder.report.class_report.similar import groups, near_identical, tokens, without_prose

UNUSUAL = """
def batchnorm_train(x, gamma, beta, eps):
    # column by column, because I like it
    columns = []
    for d in range(x.shape[1]):
        column = x[:, d]
        total = 0.0
        for value in column:
            total = total + value
        centre = total / len(column)
        spread = sum((value - centre) ** 2 for value in column) / len(column)
        columns.append((column - centre) / (spread + eps) ** 0.5)
    return gamma * np.stack(columns, axis=1) + beta
"""
RENAMED = (
    UNUSUAL.replace("columns", "parts")
    .replace("column", "f")
    .replace("centre", "m")
    .replace("spread", "s2")
    .replace("# f by f, because I like it", '"""Mine."""')
    .replace("    return", "\n\n    return")
)
SHORT = """
def batchnorm_train(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta
"""
RELEASED = """
def batchnorm_train(x, gamma, beta, eps):
    raise NotImplementedError
"""


def own(k):
    """An answer of somebody's own: the usual lines with something between that only this one writes."""
    rng = random.Random(k)
    lines = inspect.getsource(bnlab_solutions.batchnorm_train).splitlines()
    for _ in range(6):
        a, b = rng.choice(["mean", "var", "std", "sum"]), rng.choice(["shape", "ndim", "size", "T"])
        lines.insert(
            -1,
            f"    extra = x.{a}(axis={rng.randrange(9)}) {rng.choice('+-*/')} x.{b} ** {rng.randrange(99)}",
        )
    return "\n".join(lines)


@pytest.fixture
def answers():
    return {f"s{k:02d}": own(k) for k in range(30)}


def test_tokens_know_no_names_comments_texts_or_layout():
    assert RENAMED != UNUSUAL
    known = frozenset({"x", "gamma", "beta", "eps", "batchnorm_train"})
    assert tokens(RENAMED, known) == tokens(UNUSUAL, known)
    assert tokens("a = b.mean(axis=0)") != tokens("a = b.var(axis=0)")
    assert tokens("x + 1") != tokens("x + 2")


@pytest.mark.parametrize("broken", ["def f(:", "'''never closed", 'x = "open', "é = 1\\", "`?$", ""])
def test_tokens_of_what_is_no_python(broken):
    tokens(broken)
    without_prose(broken)


def test_renamed_copies_are_found_and_nothing_else(answers):
    answers |= {"ada": UNUSUAL, "bob": RENAMED}
    (pair,) = near_identical(answers, [RELEASED], "batchnorm_train")
    assert (pair.a, pair.b, pair.exercise) == ("ada", "bob", "batchnorm_train")
    assert pair.similarity == 1


def test_a_copy_with_a_changed_line_is_still_found(answers):
    changed = RENAMED.replace("total = 0.0", "total = x[0, 0] * 0 + 0.0")
    (pair,) = near_identical(answers | {"ada": UNUSUAL, "bob": changed}, [RELEASED])
    assert (pair.a, pair.b) == ("ada", "bob")
    assert 0.7 < pair.similarity < 1


def test_short_right_answers_in_which_many_coincide_are_no_finding(answers):
    many = {f"t{k}": SHORT.replace("gamma *", "gamma  *") for k in range(12)}
    assert near_identical(answers | many, [RELEASED]) == []


def test_what_was_given_is_no_finding(answers):
    left_alone = {"ada": UNUSUAL, "bob": UNUSUAL + "\n# not changed"}
    assert near_identical(answers | left_alone, [RELEASED, UNUSUAL]) == []


def test_in_a_tiny_class_nothing_is_usual():
    assert near_identical({"ada": UNUSUAL, "bob": RENAMED}) == []


def test_groups_hang_together(answers):
    answers |= {"ada": UNUSUAL, "bob": RENAMED, "cy": UNUSUAL + "\n"}
    other = "def f(x):\n" + "".join(f"    y = x.sum(axis={k}) ** {k} - x.T @ x[{k}:]\n" for k in range(9))
    answers |= {"dan": other, "eve": other}
    found = groups(near_identical(answers, [RELEASED]))
    assert sorted(sorted({s for p in group for s in (p.a, p.b)}) for group in found) == [
        ["ada", "bob", "cy"],
        ["dan", "eve"],
    ]


def test_a_thousand_answers_take_a_moment():
    answers = {f"s{k}": own(k) for k in range(1000)} | {"ada": UNUSUAL, "bob": RENAMED}
    begun = time.process_time()
    (pair,) = near_identical(answers, [RELEASED])
    assert time.process_time() - begun < 5
    assert (pair.a, pair.b) == ("ada", "bob")


def test_a_thousand_equal_answers_take_a_moment_too():
    answers = {f"s{k}": UNUSUAL if k % 2 else RENAMED for k in range(1000)}
    begun = time.process_time()
    assert near_identical(answers) == []
    assert time.process_time() - begun < 5
