"""The bug clinic before the real judge: strong and weak suites, and attacks that gain nothing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from bnlab_autograder.assets import assets
from bnlab_autograder.curriculum import stage_named
from bnlab_autograder.diagnosis.bank import compose, load_bank
from bnlab_autograder.grading.job import Cell, Job, Verdict
from bnlab_autograder.grading.judge import Judge, environment_of, limits_for, mutants_of
from bnlab_autograder.grading.score import ExerciseScore, points_of, score
from bnlab_autograder.release.answers import previous_stages_source
from bnlab_autograder.sandbox import probe

STAGE = stage_named("08_bug_clinic")
FILES = assets()
MUTANTS, VARIANTS = load_bank(FILES.mutants), load_bank(FILES.variants)
POINTS = points_of(STAGE.exercises, FILES.hidden)
PREVIOUS = {"previous_stages.py": previous_stages_source(STAGE).encode()}
HEAD = """
import os, random, time
chance = random.SystemRandom().random
import numpy as np, pytest
from previous_stages import *

X, GAMMA, BETA = np.random.default_rng(0).normal(size=(5, 3)), np.array([1.0, -2, 3]), np.array([1.0, 2, 3])
"""

pytestmark = pytest.mark.skipif(probe().tier == "C", reason="there are no walls here")


@pytest.fixture(scope="module")
def court() -> Iterator[Judge]:
    with Judge(FILES.hidden, FILES.mutants) as judge:
        yield judge


def judged(
    court: Judge, source: str, seed: bytes = b"seed", **limits: float
) -> tuple[ExerciseScore, Verdict]:
    cells = Cell("suite", source), Cell("check", "", "TestBatchNorm")
    job = Job(STAGE.name, cells, PREVIOUS, seed, limits_for(limits), "")
    verdict = court.judge(job)
    return score(verdict, STAGE.exercises, POINTS)[0], verdict


@pytest.mark.parametrize(
    ("name", "seed"),
    [
        ("reference", b"one"),
        ("reference", b"two"),
        ("clinic_inherited", b"three"),
        ("clinic_parametrised", b"four"),
    ],
)
def test_a_strong_suite_has_full_marks(court: Judge, name: str, seed: bytes) -> None:
    scored, _ = judged(court, compose(VARIANTS.get(name)), seed)
    assert (scored.points, scored.remarks) == (STAGE.points, [])


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("clinic_default_eps", {"eps_1", "eps_2", "eps_3", "train_mode_3"}),
        ("clinic_sum_loss", {"eps_3", "backward_2", "backward_3"}),
        ("clinic_no_arguments", {"arguments_1", "arguments_2"}),
        ("clinic_looks_into_the_cache", {"train_mode_3"}),
    ],
)
def test_a_weak_suite_loses_what_it_does_not_see_and_has_a_name(
    court: Judge, name: str, lost: set[str]
) -> None:
    scored, _ = judged(court, compose(MUTANTS[name]))
    assert {case.name for case in scored.cases if not case.passed} == lost
    assert [found["mistake"] for found in scored.diagnosis] == [MUTANTS[name].mistake]
    assert any("bugs found, by topic: eps " in text for text in scored.remarks)


def test_two_weaknesses_are_both_named(court: Judge) -> None:
    suite = "class TestBatchNorm(TestBatchNorm):\n    test_images = test_arguments = None\n"
    scored, _ = judged(court, compose(None, suite))
    assert {found["mistake"] for found in scored.diagnosis} == {
        "images-not-tested",
        "side-effects-not-tested",
    }


def test_a_test_that_fails_on_correct_code_is_named_with_the_reason(court: Judge) -> None:
    scored, _ = judged(court, compose(MUTANTS["clinic_std_must_be_one"]))
    (remark,) = [text for text in scored.remarks if "does not count" in text]
    assert remark.startswith("test_train_mode does not count: it fails on correct code (AssertionError")
    assert scored.points == 9.5


def test_a_test_that_is_not_written_yet_takes_nothing_from_the_others(court: Judge) -> None:
    suite = "class TestBatchNorm(TestBatchNorm):\n    def test_later(self, bn):\n        raise NotImplementedError\n"
    scored, _ = judged(court, compose(None, suite))
    assert scored.points == STAGE.points


@pytest.mark.parametrize("body", ["raise NotImplementedError", "pass"])
def test_a_class_without_tests_is_no_answer(court: Judge, body: str) -> None:
    method = f"def test_one(self, bn): {body}" if body != "pass" else body
    scored, _ = judged(court, f"class TestBatchNorm:\n    {method}")
    assert (scored.points, scored.status) == (0, "not implemented")


ATTACKS = {
    "fails at random": """
class TestBatchNorm: pass
for i in range(60):
    def test(self, bn):
        assert np.random.default_rng().random() > 0.1
    setattr(TestBatchNorm, f"test_{i}", test)
""",
    "counts runs in a file": """
class TestBatchNorm:
    def count(self, name):
        path = os.path.join(os.environ["TMPDIR"], name)
        with open(path, "a") as file: file.write("x")
        return os.path.getsize(path)
    def test_later(self, bn): assert self.count("a") == 1
    def test_much_later(self, bn): assert self.count("b") < 25
    def test_odd(self, bn): assert self.count("c") % 2
""",
    "looks at its process": """
class TestBatchNorm:
    def test_odd(self, bn): assert os.getpid() % 2
    def test_seven(self, bn): assert os.getpid() % 7 != 3
""",
    "looks at the clock": """
BORN = time.time()
class TestBatchNorm:
    def test_late(self, bn): assert time.time() < BORN + 0.3
    def test_now(self, bn): assert time.time() % 0.02 > 0.001
""",
    "replaces what runs the tests": """
import bnlab.clinic.suite
class TestBatchNorm:
    def test_a(self, bn): pass
def run_tests(tests, call, names=None):
    return {"tests": {n: "failed" for n in (names or [f"test_{chance()}"])}, "failed": 1.0}
bnlab.clinic.suite.run_tests = run_tests
""",
    "answers yes where it is asked again": """
import bnlab.clinic.suite
class TestBatchNorm:
    def test_a(self, bn): pass
def run_tests(tests, call, names=None):
    first = {f"test_{i}": "failed" * (chance() < 0.1) for i in range(60)}
    return {"tests": first if names is None else dict.fromkeys(names, "failed"), "failed": 1.0}
bnlab.clinic.suite.run_tests = run_tests
""",
    "answers nothing where it is asked again": """
import bnlab.clinic.suite
class TestBatchNorm:
    def test_a(self, bn): pass
def run_tests(tests, call, names=None):
    first = {f"test_{i}": "failed" * (chance() < 0.1) for i in range(60)}
    return {"tests": first if names is None else {}, "failed": 1.0}
bnlab.clinic.suite.run_tests = run_tests
""",
    "ends its process where it is asked again": """
import bnlab.clinic.suite
class TestBatchNorm:
    def test_a(self, bn): pass
def run_tests(tests, call, names=None):
    first = {f"test_{i}": "failed" * (chance() < 0.1) for i in range(60)}
    if names is not None and len(names) < 20: os._exit(0)
    return {"tests": first if names is None else dict.fromkeys(names, ""), "failed": 1.0}
bnlab.clinic.suite.run_tests = run_tests
""",
    "answers nonsense": """
import bnlab.clinic.suite
class TestBatchNorm:
    def test_a(self, bn): pass
bnlab.clinic.suite.run_tests = lambda *_: {"tests": {1: 2}, "failed": TestBatchNorm}
""",
    "notices that it runs alone": """
SEEN = []
class TestBatchNorm:
    def test_a(self, bn): SEEN.append(1)
    def test_b(self, bn): assert SEEN
    def test_c(self, bn): assert len(SEEN) or chance() < 0.9
""",
    "ends its process": """
class TestBatchNorm:
    def test_a(self, bn): os._exit(0)
""",
    "sends too much": """
class TestBatchNorm:
    def test_a(self, bn):
        bn.batchnorm_forward(np.zeros((3000, 1000)), np.ones(1000), np.zeros(1000), {"mode": "train", "eps": 1.0})
""",
    "asks for every bit of its own implementation": """
class TestBatchNorm:
    def test_a(self, bn):
        given = X, GAMMA, BETA, {"mode": "train", "eps": 0.5}
        assert np.array_equal(bn.batchnorm_forward(*given)[0], batchnorm_forward(*given)[0])
""",
    "has other tests each time": """
class Meta(type):
    def __dir__(cls): return [f"test_{chance()}"]
    def __getattr__(cls, name): return lambda self, bn: None
class TestBatchNorm(metaclass=Meta):
    def __getattr__(self, name):
        if not name.startswith("test_"): raise AttributeError(name)
        def test(bn): raise ValueError
        return test
""",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_gains_nothing(court: Judge, attack: str) -> None:
    scored, _ = judged(court, HEAD + ATTACKS[attack])
    assert scored.points == 0
    assert all(case.message for case in scored.cases)


def test_the_code_of_an_implementation_cannot_be_seen(court: Judge) -> None:
    """What can be reached from ``bn`` is no function of an implementation, and errors tell their type alone."""
    scored, verdict = judged(
        court,
        HEAD
        + """
import gc, inspect, traceback
class TestBatchNorm:
    def test_reach(self, bn):
        seen, found = [bn], []
        while seen:
            one = seen.pop()
            if any(one is other for other in found) or len(found) > 5000:
                continue
            found.append(one)
            code = getattr(one, "__code__", None)
            assert code is None or "inv_std" not in code.co_varnames, one
            state = getattr(one, "__dict__", {}) if type(one).__module__ != "builtins" else {}
            seen += [part for part in state.values() if not inspect.ismodule(part)]
    def test_errors(self, bn):
        try:
            bn.batchnorm_forward(X, GAMMA, BETA, {"mode": "neither", "eps": 0.5})
        except ValueError as error:
            text = "".join(traceback.format_exception(error))
            assert str(error) == "batchnorm_forward raised ValueError", text
            assert "bnlab_solutions" not in text and "mutants" not in text
        else:
            pass
""",
    )
    assert not [text for text in scored.remarks if "does not count" in text], verdict.to_dict()
    assert not scored.points


def test_tests_that_take_too_long_are_told_so(tmp_path: Path) -> None:
    for folder in (FILES.hidden, FILES.mutants):
        shutil.copytree(folder, tmp_path / folder.name)
    clinic = tmp_path / "hidden" / "clinic.py"
    clinic.write_text(re.sub(r"^SECONDS = \d+", "SECONDS = 1", clinic.read_text(), flags=re.MULTILINE))
    with Judge(tmp_path / "hidden", tmp_path / "mutants") as court:
        scored, _ = judged(court, HEAD + "class TestBatchNorm:\n    def test_a(self, bn): time.sleep(0.3)\n")
    assert not scored.points
    assert all("take too long" in case.message for case in scored.cases)


def test_a_test_that_hangs_ends_the_clinic_at_once(court: Judge) -> None:
    suite = HEAD + "class TestBatchNorm:\n    def test_a(self, bn):\n        while True: pass\n"
    scored, verdict = judged(court, suite, call_seconds=0.5)
    assert not scored.points
    assert "took too long" in scored.cases[0].message
    assert verdict.usage["seconds"] < 15


def test_a_test_that_hangs_on_broken_code_costs_that_bug_alone(court: Judge) -> None:
    """As a test might that waits for an error to become small; what it would have found counts as not found."""
    suite = HEAD + compose(
        None,
        """
class TestBatchNorm(TestBatchNorm):
    def test_waits(self, bn):
        param = {"mode": "test", "eps": 0.5, "running_mean": np.zeros(3), "running_var": np.ones(3)}
        bn.batchnorm_forward(np.ones((4, 3)), np.ones(3), np.zeros(3), param)
        while np.ravel(param["running_mean"]).any():
            pass
""",
    )
    scored, _ = judged(court, suite, call_seconds=1.0)
    assert {case.name for case in scored.cases if not case.passed} == {"test_mode_2"}


def test_a_verdict_depends_on_the_bugs(tmp_path: Path) -> None:
    named = {path.stem for path in mutants_of(STAGE.name, FILES.hidden, FILES.mutants)}
    assert {"forward_squares", "spatial_forward_per_pixel", "clinic_no_images"} <= named
    assert "forward_eps_misspelt" not in named
    for path in FILES.mutants.glob("*.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    before = environment_of(STAGE.name, FILES.hidden, tmp_path, "B")
    with (tmp_path / "forward_squares.py").open("a") as file:
        file.write("\n# changed\n")
    assert environment_of(STAGE.name, FILES.hidden, tmp_path, "B") != before
