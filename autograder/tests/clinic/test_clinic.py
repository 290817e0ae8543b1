"""The bug clinic in one process: implementations as tests see them, how tests are run, the samples, the board."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import bnlab_solutions
import numpy as np
import pytest
from bnlab.clinic import FUNCTIONS, SAMPLES, STYLES, Implementation, practise, run_tests, served
from bnlab_autograder.diagnosis.bank import compose, load_bank, namespace

AUTOGRADER = Path(__file__).parents[2]
MUTANTS = load_bank(AUTOGRADER / "mutants")
VARIANTS = load_bank(AUTOGRADER / "variants")
CORRECT = {name: getattr(bnlab_solutions, name) for name in FUNCTIONS}
NOTEBOOK = AUTOGRADER.parent / "assignments" / "08_bug_clinic" / "08_bug_clinic.md"

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def arguments(N: int = 5, D: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(N, D)), rng.normal(size=D), rng.normal(size=D)


# --- bn -----------------------------------------------------------------------------------------------------


def test_an_implementation_does_what_its_functions_do() -> None:
    bn, (x, gamma, beta) = Implementation.of(**CORRECT), arguments()
    ours, theirs = ({"mode": "train", "eps": 0.5, "momentum": 0.8} for _ in range(2))
    out, cache = bn.batchnorm_forward(x, gamma, beta, ours)
    want, plain = CORRECT["batchnorm_forward"](x, gamma, beta, theirs)
    np.testing.assert_array_equal(out, want)
    assert ours.keys() == theirs.keys()
    np.testing.assert_array_equal(ours["running_var"], theirs["running_var"])
    for got, gradient in zip(
        bn.batchnorm_backward(x, cache), CORRECT["batchnorm_backward"](x, plain), strict=True
    ):
        np.testing.assert_array_equal(got, gradient)


def test_what_a_function_changes_in_its_arguments_is_seen_by_the_caller() -> None:
    def forward(x, gamma, beta, bn_param):
        x *= 2
        del bn_param["eps"]
        bn_param["running_mean"][0] = 7
        return x, None

    bn, (x, gamma, beta) = Implementation.of(**{**CORRECT, "batchnorm_forward": forward}), arguments()
    before, bn_param = x.copy(), {"mode": "train", "eps": 0.5, "running_mean": np.zeros(3)}
    bn.batchnorm_forward(x, gamma, beta, bn_param)
    np.testing.assert_array_equal(x, 2 * before)
    assert "eps" not in bn_param
    assert bn_param["running_mean"].tolist() == [7, 0, 0]


def test_a_read_only_array_is_protected() -> None:
    bn, (x, gamma, beta) = Implementation.of(**SAMPLES["input centred"].planted(CORRECT)), arguments()
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        bn.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.5})


def test_errors_tell_their_type_and_nothing_else() -> None:
    def forward(*_):
        raise ValueError("gamma * x_hat in /home/secret.py")

    bn, (x, gamma, beta) = Implementation.of(**{**CORRECT, "batchnorm_forward": forward}), arguments()
    with pytest.raises(ValueError, match=r"^batchnorm_forward raised ValueError$"):
        bn.batchnorm_forward(x, gamma, beta, {"mode": "train"})


def test_a_cache_is_sealed_and_belongs_to_its_own_kind_of_pass() -> None:
    bn, (x, gamma, beta) = Implementation.of(**CORRECT), arguments()
    _, cache = bn.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.5})
    assert repr(cache) == "<cache>"
    with pytest.raises(TypeError):
        iter(cache)
    with pytest.raises(ValueError, match="raised ValueError"):
        bn.spatial_batchnorm_backward(x[:, :, None, None], cache)


@pytest.mark.parametrize(
    "thing",
    [object(), lambda: 1, np.array([object()]), {"a": {1: print}}],
    ids=["object", "function", "array", "dict"],
)
def test_only_plain_data_reaches_the_functions(thing: object) -> None:
    def forward(*_):
        raise AssertionError("was called")

    call = served({**CORRECT, "batchnorm_forward": forward})
    assert call("batchnorm_forward", [thing, np.ones(3), np.ones(3), {}]) == {"error": "TypeError"}


@pytest.mark.parametrize("name", ["__class__", "batchnorm_backward_alt", "recalibrate"])
def test_no_other_function_is_served(name: str) -> None:
    assert set(served(vars(bnlab_solutions))(name, [*arguments(), {"mode": "train"}])) == {"error"}


def test_there_is_an_end_to_what_can_be_sent() -> None:
    call, given = served(CORRECT, 1000), [*arguments(), {"mode": "train", "eps": 0.5}]
    errors = [call("batchnorm_forward", given).get("error") for _ in range(12)]
    assert errors[0] is None
    assert errors[-1] == "MemoryError"


# --- running tests ------------------------------------------------------------------------------------------


class Various:
    made = 0

    def setup_method(self):
        Various.made += 1
        self.number = 1

    def test_passes(self, bn):
        self.number += 1
        assert self.number == 2

    def test_fails(self, bn):
        assert bn is None, "there is one"

    def test_says_so(self, bn):
        pytest.fail("no")

    def test_is_skipped(self, bn):
        pytest.skip("later")

    def test_is_not_written(self, bn):
        raise NotImplementedError

    @pytest.mark.parametrize(("a", "b"), [(1, 1), pytest.param(2, 2, id="two")])
    @pytest.mark.parametrize("c", [1, 2])
    def test_of_parameters(self, bn, a, b, c):
        assert a == b
        assert (a, c) != (2, 2)

    def helper(self):
        raise AssertionError


def test_tests_are_run_as_pytest_would() -> None:
    found = run_tests(Various, served(CORRECT))
    assert found["failed"] == 1
    messages = found["tests"]
    assert messages.pop("test_passes") == messages.pop("test_is_skipped") == ""
    assert messages.pop("test_is_not_written") == "not written yet"
    assert messages.pop("test_fails").startswith("AssertionError: there is one")
    assert messages.pop("test_says_so").startswith("Failed: no")
    assert "assert (a, c) != (2, 2)" in messages.pop("test_of_parameters")
    assert not messages
    assert Various.made > 6, "an object for each call"


def test_only_some_tests_can_be_run() -> None:
    assert run_tests(Various, served(CORRECT), ["test_passes"]) == {"tests": {"test_passes": ""}, "failed": 0}
    assert run_tests(Various, served(CORRECT), []) == {"tests": {}, "failed": 0}


@pytest.mark.parametrize("empty", [type("TestBatchNorm", (), {}), lambda: None])
def test_without_tests_there_is_no_answer(empty: type) -> None:
    with pytest.raises(NotImplementedError):
        run_tests(empty, served(CORRECT))


def test_pytest_itself_says_the_same(tmp_path: Path) -> None:
    """The listing in the notebook, with a suite from the bank, on a correct module and on a broken one."""
    (listing,) = re.findall(r"```python\n(.*?)```", NOTEBOOK.read_text(encoding="utf-8"), re.DOTALL)
    suite = VARIANTS["clinic_parametrised"].source.replace(
        "from bnlab_solutions import *", "from my_layers import *"
    )
    (tmp_path / "test_batchnorm.py").write_text(f"{listing}\n\n{suite}")
    for entry, failed in ((None, 0), (MUTANTS["forward_momentum_swapped"], 1)):
        (tmp_path / "my_layers.py").write_text(compose(entry).replace("class Test", "class Other"))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
        ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert ended.returncode == failed, ended.stdout
    assert set(re.findall(r"::(test_\w+)", ended.stdout)) == {"test_buffers"}


# --- samples, styles, the board -----------------------------------------------------------------------------


def test_the_reference_suite_finds_every_sample() -> None:
    board = practise(bnlab_solutions.TestBatchNorm, **CORRECT)
    assert (board.killed, len(board.rows), board.wrong) == (len(SAMPLES), len(SAMPLES), {})
    assert len(board.topics) >= 6


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["reference", *VARIANTS])
def test_the_reference_suite_lets_right_code_pass(name: str, style: str) -> None:
    course = namespace(VARIANTS.get(name))
    functions = STYLES[style]({function: course[function] for function in FUNCTIONS})
    assert not run_tests(bnlab_solutions.TestBatchNorm, served(functions))["failed"]


def test_styles_differ_from_the_plain_one() -> None:
    x, gamma, beta = arguments(50)
    given = lambda: [x + 1e3, gamma, beta, {"mode": "train", "eps": 0.5, "running_mean": np.zeros(3)}]  # noqa: E731
    plain = CORRECT["batchnorm_forward"](*given())[0]
    turned = STYLES["the examples are added up in another order"](CORRECT)["batchnorm_forward"](*given())[0]
    assert 0 < np.abs(plain - turned).max() < 1e-9
    used = given()
    STYLES["the caller's running arrays are filled in place"](CORRECT)["batchnorm_forward"](*used)
    assert used[3]["running_mean"].any()


def test_no_sample_is_among_the_bugs_of_grading() -> None:
    """No bug of the hidden cases does on the reference suite's calls what a sample does."""
    cases = (AUTOGRADER / "hidden" / "test_08_bug_clinic.py").read_text(encoding="utf-8")
    bugs = re.findall(r'^    "\w+": "(\w+)",$', cases, re.MULTILINE)
    assert len(bugs) == len(set(bugs)) == 20
    assert set(bugs) <= MUTANTS.keys()
    samples = [everything(sample.planted(CORRECT)) for sample in SAMPLES.values()]
    for bug in bugs:
        course = namespace(MUTANTS[bug])
        mine = everything({name: course[name] for name in FUNCTIONS})
        assert not any(alike(mine, other) for other in samples), bug


def everything(functions: dict) -> list[np.ndarray | str]:
    """What an implementation answers to the calls of the reference suite."""
    seen: list[np.ndarray | str] = []
    plain = served(functions)

    def call(name: str, given: list) -> dict:
        answer = plain(name, given)
        seen.extend(np.ravel(part) for part in answer.get("value", ()) if isinstance(part, np.ndarray))
        for _, change in answer.get("changes", ()):
            parts = change["set"].values() if isinstance(change, dict) else [change]
            seen.extend(np.ravel(part) for part in parts)
        seen.append(answer.get("error", ""))
        return answer

    run_tests(bnlab_solutions.TestBatchNorm, call)
    return seen


def alike(one: list, other: list) -> bool:
    return len(one) == len(other) and all(
        type(a) is type(b)
        and (a == b if isinstance(a, str) else a.shape == b.shape and np.allclose(a, b, rtol=1e-9))
        for a, b in zip(one, other, strict=True)
    )


def test_a_board_says_what_survives_and_what_is_wrong() -> None:
    board = practise(namespace(MUTANTS["clinic_std_must_be_one"])["TestBatchNorm"], **CORRECT)
    assert list(board.wrong) == ["test_train_mode"]
    assert "test_train_mode" not in board.tests
    assert "test_train_mode fails on correct code" in str(board)
    weak = practise(namespace(MUTANTS["clinic_no_images"])["TestBatchNorm"], **CORRECT)
    assert weak.topics["images"] == (0, 1)
    assert str(weak).count("survives") == weak._repr_html_().count("survives") == 1


def test_a_board_shows_code_of_tests_as_text() -> None:
    class Odd:
        def test_bold(self, bn):
            raise ValueError("<b>bold</b>")

        def test_fine(self, bn):
            pass

    assert "<b>bold" not in practise(Odd, **CORRECT)._repr_html_()


def test_the_plots_are_drawn() -> None:
    from bnlab.plots import clinic

    board = practise(bnlab_solutions.TestBatchNorm, **CORRECT)
    for figure in (clinic.kill_board(board), clinic.kills_by_topic({"one": board, "other": board})):
        assert figure._repr_png_().startswith(b"\x89PNG")
