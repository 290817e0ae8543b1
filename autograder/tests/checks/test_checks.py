"""The visible checks: right code passes in any style, wrong code fails where it should, and nothing leaks."""

from __future__ import annotations

import ast
import functools
import re
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import bnlab_solutions
import numpy as np
import pytest
from bnlab import checks
from bnlab.checks import HELPERS, CheckFailed, Report, check, run
from bnlab.checks.exercise import EXERCISES
from bnlab.checks.report import KINDS, SKIPPED
from bnlab_autograder.curriculum import STAGE_OF
from bnlab_autograder.diagnosis.bank import Entry, load_bank, namespace

AUTOGRADER = Path(__file__).parents[2]
MUTANTS = load_bank(AUTOGRADER / "mutants")
VARIANTS = load_bank(AUTOGRADER / "variants")
GRADED = [entry for entry in MUTANTS.values() if entry.points != "full"]
TOLERATED = [entry for entry in MUTANTS.values() if entry.points == "full"]
GOAL = 0.85
REFERENCE = vars(bnlab_solutions)

every_exercise = pytest.mark.parametrize("exercise", list(EXERCISES))


def checked(exercise: str, course: dict[str, Callable]) -> Report:
    return run(exercise, course[exercise], **{helper: course[helper] for helper in HELPERS[exercise]})


@functools.cache
def report_of(mutant: str) -> Report:
    entry = MUTANTS[mutant]
    return checked(entry.exercise, namespace(entry))


# --- right code ---------------------------------------------------------------------------------------------


@every_exercise
def test_the_reference_passes(exercise: str) -> None:
    report = checked(exercise, REFERENCE)
    assert report.passed, report.failure
    assert report.notes == ()
    assert report.topics


@pytest.mark.parametrize("entry", VARIANTS.values(), ids=VARIANTS)
def test_no_false_alarm_on_a_variant(entry: Entry) -> None:
    course = namespace(entry)
    for exercise in EXERCISES:
        report = checked(exercise, course)
        assert report.passed, (exercise, report.failure)


@pytest.mark.parametrize("entry", TOLERATED, ids=lambda entry: entry.name)
def test_what_is_tolerated_passes_with_a_note(entry: Entry) -> None:
    report = report_of(entry.name)
    assert report.passed
    assert bool(report.notes) == (
        entry.mistake != "alternative-calls-plain"
    )  # nobody can see that from outside


def test_other_right_styles_pass() -> None:
    class Layer:
        """A callable object."""

        def __call__(self, x, gamma, beta, eps):
            return np.array([gamma, beta])[0] * ((x - x.mean(0)) / np.sqrt(x.var(0) + eps)) + beta

    assert run("batchnorm_train", Layer()).passed
    assert run("batchnorm_train", functools.partial(bnlab_solutions.batchnorm_train)).passed

    def logged(function):
        @functools.wraps(function)
        def wrapper(*arguments, **options):
            np.seterr(all="raise")
            return function(*arguments, **options)

        return wrapper

    with np.errstate():
        assert run("batch_statistics", logged(bnlab_solutions.batch_statistics)).passed

    def fortran(x, gamma, beta, eps):
        return np.asfortranarray(bnlab_solutions.batchnorm_train(x, gamma, beta, eps))

    assert run("batchnorm_train", fortran).passed
    assert run(
        "relative_error", lambda a, b: (int((a == b).all()) and 0) or bnlab_solutions.relative_error(a, b)
    ).passed

    def sloppy(x, gamma, beta, eps):
        eps = eps or 1e-5  # an eps of 0 is no customary argument, so nothing may depend on it
        return bnlab_solutions.batchnorm_train(x, gamma, beta, eps)

    assert run("batchnorm_train", sloppy).passed

    def mean_over_all(batches):
        rows = np.vstack(list(batches))
        return np.asarray(rows.mean(axis=0)), np.cov(rows.T, bias=True).diagonal()

    assert run("recalibrate", mean_over_all).passed


def test_a_backward_pass_is_judged_by_its_own_forward_pass() -> None:
    """A wrong forward with the backward that belongs to it: the mistake has been found elsewhere already."""

    def forward(x, gamma, beta, bn_param):
        centred = x - x.mean(axis=0)
        std = x.std(axis=0) + bn_param["eps"]
        return gamma * centred / std + beta, (centred, std, x.std(axis=0), gamma)

    def backward(dout, cache):
        centred, std, plain, gamma = cache
        g = dout * gamma
        slope = (g * centred).mean(axis=0) / (std**2 * plain)
        dx = g / std - centred * slope
        return dx - dx.mean(axis=0), (dout * centred / std).sum(axis=0), dout.sum(axis=0)

    assert run("batchnorm_backward", backward, batchnorm_forward=forward).passed
    assert not run("batchnorm_forward", forward).passed
    assert not run("batchnorm_backward", backward, batchnorm_forward=bnlab_solutions.batchnorm_forward).passed


@every_exercise
def test_a_check_is_fast(exercise: str) -> None:
    def seconds() -> float:
        started = time.process_time()
        checked(exercise, REFERENCE)
        return time.process_time() - started

    limit = (
        0.2 if exercise == "TestBatchNorm" else 0.05
    )  # which runs all of its tests on two dozen implementations
    assert min(seconds() for _ in range(8)) < limit


# --- wrong code ---------------------------------------------------------------------------------------------


def test_most_graded_mistakes_are_caught() -> None:
    survivors = [entry.name for entry in GRADED if report_of(entry.name).passed]
    assert len(survivors) <= (1 - GOAL) * len(GRADED), survivors
    lines = {entry.line for entry in GRADED if entry.line}
    caught = {entry.line for entry in GRADED if entry.line and not report_of(entry.name).passed}
    assert len(caught) >= GOAL * len(lines), sorted(lines - caught)


@pytest.mark.parametrize("stage", sorted({STAGE_OF[entry.exercise].name for entry in GRADED}))
def test_most_mistakes_of_a_stage_are_caught(stage: str) -> None:
    entries = [entry for entry in GRADED if STAGE_OF[entry.exercise].name == stage]
    survivors = [entry.name for entry in entries if report_of(entry.name).passed]
    assert len(survivors) <= (1 - GOAL) * len(entries), survivors


@pytest.mark.parametrize(
    ("mutant", "title"),
    [
        ("standardize_constant_nan", "all numbers are finite|a constant slice becomes 0"),
        ("standardize_in_place", "the arguments are left as they were"),
        ("standardize_axis_lost", "shape of the result"),
        ("numerical_gradient_step_fixed", "a cubic with a large h"),
        ("numerical_gradient_stepped_back", "the arguments are left as they were"),
        ("batch_statistics_per_example", "shape of the result"),
        ("batch_statistics_integer", "integers work"),
        ("batch_statistics_ddof_one", "a batch stacked on itself has the same statistics"),
        ("batch_statistics_squares", "digits survive a large offset"),
        ("train_eps_outside_root", "a table with a large eps, worked out by hand"),
        ("train_returns_normalised", "every feature of out has mean beta"),
        ("train_single_example_passes", "a constant feature, or a single example, gives beta"),
        ("forward_momentum_swapped", "train mode: momentum 1 keeps the buffers, momentum 0 takes the batch"),
        ("forward_eps_outside_root_in_test", "test mode: a table with a large eps, worked out by hand"),
        (
            "forward_batch_statistics_in_test",
            "test mode: an example's output does not depend on its batch-mates",
        ),
        ("forward_unknown_mode", "an unknown mode raises ValueError"),
        ("forward_running_var_starts_at_one", "absent buffers start at 0"),
        ("fold_in_place", "the arguments are left as they were"),
        ("recalibrate_reads_twice", "a generator works: it can be read only once"),
        ("steps_inverse_not_squared", "every node of a table worked out by hand, from the output back to x"),
        ("backward_dx_none", "the call, and the type of the result"),
        ("backward_parameters_not_summed", "shape of the result"),
        ("backward_mean_constant", "dx predicts what shifting a whole column does"),
        ("backward_variance_constant", "dx predicts what stretching a column about its mean does"),
        ("backward_scales_upstream_in_place", "the arguments are left as they were"),
        ("backward_repeats_forward", "the running buffers stay as the forward pass left them"),
        ("project_unit_variance_assumed", "every column of the result is orthogonal to its column of xhat"),
        ("spatial_backward_not_moved_back", "dx predicts what shifting a whole channel does"),
        ("layer_forward_test_mode", "modes and running statistics play no part, and nothing is remembered"),
        ("group_backward_parameters_flat", "shape of the result"),
    ],
)
def test_a_mistake_fails_where_it_should(mutant: str, title: str) -> None:
    failure = report_of(mutant).failure
    assert failure is not None
    assert failure.title in title.split("|")


UNSEEN = {"clinic_warm_buffers_only"}  # by the visible checks


@pytest.mark.parametrize("entry", GRADED, ids=lambda entry: entry.name)
def test_a_failure_is_one_sentence_with_what_was_seen(entry: Entry) -> None:
    report = report_of(entry.name)
    if report.passed:
        assert entry.name in UNSEEN
        return
    text = report.failure.text
    assert 30 < len(text) < 420
    assert text.endswith((".", "…"))
    assert not text.endswith("..")
    seen = r"expected .* saw |but (your dx predicts|.* ?(is|are|stays|returns|went)\b)|raised|argument .* was"
    assert re.search(seen, text), text
    assert "could not make sense" not in text
    later = report.items[report.items.index(report.failure) + 1 :]
    assert all(item.state == SKIPPED for item in later)


@every_exercise
@pytest.mark.parametrize("nothing", [None, ...])
def test_no_answer_yet(exercise: str, nothing: object) -> None:
    def stub(*arguments):
        raise NotImplementedError

    for function in (stub, lambda *arguments: nothing):
        report = checked(exercise, {**REFERENCE, exercise: function})
        assert report.unimplemented
        assert report.failure.text.startswith(f"{exercise} is not implemented yet")
        with pytest.raises(CheckFailed, match="not implemented yet"):
            check(exercise, function, **{helper: REFERENCE[helper] for helper in HELPERS[exercise]})


def test_a_missing_function_that_is_called_is_named() -> None:
    def batch_statistics(x):
        raise NotImplementedError

    def batchnorm_train(x, gamma, beta, eps):
        return batch_statistics(x)[0]

    report = run("batchnorm_train", batchnorm_train)
    assert not report.unimplemented
    assert report.failure.text == "batchnorm_train calls batch_statistics, which is not implemented yet."

    def batchnorm_forward(x, gamma, beta, bn_param):
        raise NotImplementedError

    report = run(
        "batchnorm_backward", bnlab_solutions.batchnorm_backward, batchnorm_forward=batchnorm_forward
    )
    assert not report.unimplemented
    assert "checked together with batchnorm_forward, which is not implemented yet" in report.failure.text


def test_one_mode_that_is_not_implemented_is_not_nothing() -> None:
    def batchnorm_forward(x, gamma, beta, bn_param):
        if bn_param["mode"] == "test":
            raise NotImplementedError
        return bnlab_solutions.batchnorm_forward(x, gamma, beta, bn_param)

    report = run("batchnorm_forward", batchnorm_forward)
    assert not report.unimplemented
    assert not report.passed


def test_an_exception_is_shown_with_call_and_line() -> None:
    def batchnorm_train(x, gamma, beta, eps):
        return (x - x.mean(axis=1)) / eps

    text = run("batchnorm_train", batchnorm_train).failure.text
    assert text.startswith(
        "batchnorm_train(x: (6, 4), gamma: (4,), beta: (4,), eps=0.3) raised ValueError: operands"
    )
    assert re.search(r"\(line \d+: return \(x - x\.mean\(axis=1\)\) / eps\)\.$", text)


@pytest.mark.parametrize(
    ("function", "seen"),
    [
        (lambda x: x.mean(axis=0), "returns an array of shape"),
        (lambda x: (x.mean(axis=0),), "returns a tuple of 1 items"),
        (
            lambda x: (list(x.mean(axis=0)), x.var(axis=0)),
            "mean should be a NumPy array, but is a list of 4 items",
        ),
        (lambda x: (x.mean(), x.var(axis=0)), r"mean should have shape \(4,\), but its shape is \(\)"),
        (lambda x: (None, x.var(axis=0)), "mean should be a NumPy array, but is None"),
        (lambda x: (x.mean(axis=0) + 0j, x.var(axis=0)), "dtype is complex128"),
        (lambda: None, "raised TypeError"),
        (lambda x: exit(3), "raised SystemExit: 3"),
        (7, "should be a function, but is a single int"),
        (None, "should be a function, but is None"),
    ],
)
def test_odd_answers_are_described(function: object, seen: str) -> None:
    report = run("batch_statistics", function)
    assert re.search(seen, report.failure.text), report.failure.text


@every_exercise
@pytest.mark.parametrize(
    "answer",
    ["text", {}, [], (), object(), np.array(["a"]), np.zeros((0, 0)), np.array(None), (1, 2, 3), True],
)
def test_no_answer_is_too_odd(exercise: str, answer: object) -> None:
    report = checked(exercise, {**REFERENCE, exercise: lambda *arguments: answer})
    assert not report.passed
    assert "could not make sense" not in report.failure.text


# --- how checks behave --------------------------------------------------------------------------------------


def test_there_are_checks_of_every_exercise() -> None:
    assert {name: exercise.stage for name, exercise in EXERCISES.items()} == {
        name: stage.name for name, stage in STAGE_OF.items()
    }
    for exercise in EXERCISES.values():
        titles = [title for _, title, _ in exercise.checks]
        assert len(set(titles)) == len(titles)


def test_the_table_of_helpers_is_the_constant() -> None:
    text = re.sub(r",\n +", ", ", checks.__doc__)  # rows that go on in the next line
    table = dict(re.findall(r"^(\w+) {2,}(\w+(?:, \w+)*)$", text, re.MULTILINE))
    table.pop("exercise")
    assert {name: tuple(row.split(", ")) for name, row in table.items()} == {
        k: v for k, v in HELPERS.items() if v
    }
    assert set(HELPERS) == set(EXERCISES)


@every_exercise
def test_checks_run_from_type_to_value(exercise: str) -> None:
    kinds = [KINDS.index(item.kind) for item in checked(exercise, REFERENCE).items]
    assert kinds == sorted(kinds)
    assert set(kinds) == set(range(len(KINDS)))


def test_wrong_use_is_said() -> None:
    with pytest.raises(
        TypeError, match=r"check\('batchnorm_backward', batchnorm_backward, batchnorm_forward="
    ):
        check("batchnorm_backward", bnlab_solutions.batchnorm_backward)
    with pytest.raises(LookupError, match="no checks of 'batchnorm'"):
        check("batchnorm", bnlab_solutions.batchnorm_forward)


def test_a_helper_that_is_not_needed_is_ignored() -> None:
    assert run("relative_error", bnlab_solutions.relative_error, standardize=None).passed


@every_exercise
def test_a_run_leaves_no_trace(exercise: str, capfd: pytest.CaptureFixture[str]) -> None:
    np.random.seed(0)  # noqa: NPY002  what a student may have done
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    settings = np.geterr()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        first, second = checked(exercise, REFERENCE), checked(exercise, REFERENCE)
    assert first == second
    assert not caught
    assert np.geterr() == settings
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    assert capfd.readouterr() == ("", "")


def test_nothing_is_written_by_wrong_code_either(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run("batchnorm_train", lambda x, gamma, beta, eps: x / 0)
    assert not caught
    assert capfd.readouterr() == ("", "")


def test_what_a_function_prints_is_held_back(capsys: pytest.CaptureFixture[str]) -> None:
    def update_running(running, sample, momentum):
        print("debugging", running)
        return bnlab_solutions.update_running(running, sample, momentum)

    report = run("update_running", update_running)
    assert report.passed
    assert "prints" in report.notes[0]
    print("after")
    assert capsys.readouterr().out == "after\n"


def test_a_stop_by_the_student_stops() -> None:
    def stopped(*arguments):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("update_running", stopped)


# --- no answers ---------------------------------------------------------------------------------------------


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_the_student_library_imports_no_answer() -> None:
    for path in Path(checks.__file__).parents[1].rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.startswith(("bnlab_solutions", "bnlab_autograder"))], (
                path
            )


def test_checks_hold_no_line_of_an_answer() -> None:
    here = _squeezed("".join(path.read_text() for path in Path(checks.__file__).parent.glob("*.py")))
    for path in Path(bnlab_solutions.__file__).parent.glob("*.py"):
        if path.stem == "__init__":
            continue
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for statement in function.body[1:]:
                line = _squeezed(ast.unparse(statement))
                if len(line) > 24 and "floats(" not in line and "ValueError" not in line:
                    assert line not in here, (function.name, line)


def test_texts_tell_no_answer() -> None:
    reports = [checked(exercise, REFERENCE) for exercise in EXERCISES]
    reports += [report_of(entry.name) for entry in GRADED]
    for report in reports:
        texts = [item.title for item in report.items] + list(report.notes) + list(report.topics)
        if report.failure is not None and "raised" not in report.failure.text:
            texts.append(report.failure.text)
        for text in texts:
            assert not re.search(
                r"sqrt|np\.|\bddof\b|keepdims|x_hat|inv_std \*|/ ?N\b|[½√]|the root", text
            ), text
