"""Students are told the name of their mistake, and never a wrong one, from a file that gives nothing away."""

from __future__ import annotations

import json
import re
import time
import warnings
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bnlab.checks import HELPERS, Report, run
from bnlab.checks.exercise import CONTRACTS, EXERCISES
from bnlab.checks.report import Mistake
from bnlab.diagnosis import Known, names, recognise
from bnlab.diagnosis.names import signature_of
from bnlab.diagnosis.probes import PROBES
from bnlab.diagnosis.signature import Signature
from bnlab_autograder.assets import Assets, assets
from bnlab_autograder.curriculum import STAGE_OF
from bnlab_autograder.diagnosis import fingerprints
from bnlab_autograder.diagnosis.bank import Entry, namespace
from bnlab_autograder.diagnosis.fingerprints import (
    fingerprints_file,
    known_mistakes,
    nudged,
    signature,
)

from .conftest import MUTANTS, VARIANTS, course
from .courses import ONE, TWO, UNKNOWN

GRADED = [entry for entry in MUTANTS.values() if entry.points != "full"]
TOLERATED = [entry for entry in MUTANTS.values() if entry.points == "full"]
RAW = fingerprints_file(assets())
KNOWN = Known.from_dict(json.loads(RAW))

Wrapped = Callable[[Callable], Callable]


def plain(function: Callable) -> Callable:
    return function


def over_arrays(change: Callable[[np.ndarray], Any], value: Any) -> Any:
    """``value`` with every array in it changed."""
    if isinstance(value, np.ndarray):
        return change(value)
    if isinstance(value, tuple | list):
        return type(value)(over_arrays(change, item) for item in value)
    if type(value) is dict:
        return {key: over_arrays(change, item) for key, item in value.items()}
    return value


def single(function: Callable) -> Callable:
    """Gives its results as float32."""
    return lambda *arguments: over_arrays(lambda array: array.astype(np.float32), function(*arguments))


def inside_single(function: Callable) -> Callable:
    """Works in float32."""

    def call(*arguments: Any) -> Any:
        given = [a.astype(np.float32) if isinstance(a, np.ndarray) else a for a in arguments]
        before = [g.copy() if isinstance(g, np.ndarray) else None for g in given]
        value = function(*given)
        for argument, was, now in zip(arguments, before, given, strict=True):
            if isinstance(argument, np.ndarray) and not np.array_equal(was, now):
                argument[...] = now
        return value

    return call


def rows(function: Callable) -> Callable:
    """Gives (1, D) for (D,), and lists for tuples."""

    def call(*arguments: Any) -> Any:
        value = over_arrays(lambda array: array[None] if array.ndim == 1 else array, function(*arguments))
        return list(value) if isinstance(value, tuple) else value

    return call


def spread(function: Callable) -> Callable:
    """Gives results that lie column by column in memory."""
    return lambda *arguments: over_arrays(np.asfortranarray, function(*arguments))


def told(entry: Entry | None, exercise: str, style: Wrapped = plain) -> Mistake | None:
    """What is said about a course, whether a check fails or not."""
    functions = namespace(entry)
    helpers = {name: functions[name] for name in HELPERS[exercise]}
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        if style is plain:
            return recognise(exercise, functions[exercise], helpers, KNOWN)
        seen = signature_of(exercise, functions[exercise], helpers, names.SECONDS, wrapped=style)
        return KNOWN.look_up(exercise, seen) if seen else None


@pytest.mark.parametrize(
    ("style", "share"),
    [(plain, 0.95), (nudged, 0.95), (spread, 0.95), (rows, 0.9), (single, 0.9), (inside_single, 0.9)],
)
def test_mistakes_have_their_own_names_in_every_style(style: Wrapped, share: float) -> None:
    found = {
        entry.name: told(entry, entry.exercise, style)
        for entry in GRADED
        # What a network or a generator works in is not for the function to choose.
        if style is not inside_single or CONTRACTS[entry.exercise].harness is None
    }
    wrong = {name: m.name for name, m in found.items() if m and m.name != MUTANTS[name].mistake}
    assert not wrong
    silent = [name for name, mistake in found.items() if mistake is None]
    assert len(silent) <= (1 - share) * len(found), silent


@pytest.mark.parametrize("style", [plain, nudged, spread, rows, single, inside_single])
def test_what_is_right_has_no_name(style: Wrapped) -> None:
    for entry in (None, *VARIANTS.values(), *TOLERATED):
        changed = HELPERS if entry is None else _touched(entry)
        assert {e: m for e in changed if (m := told(entry, e, style))} == {}, entry and entry.name


def _touched(entry: Entry) -> list[str]:
    """The exercises that an entry changes, or whose forward pass it does."""
    return [e for e in HELPERS if {e, *HELPERS[e]} & set(entry.changed)]


@pytest.mark.parametrize(("exercise", "source", "mistake"), ONE)
def test_mistakes_in_other_forms_have_their_names(exercise: str, source: str, mistake: str) -> None:
    found = told(course(source), exercise)
    assert found is not None
    assert found.name == mistake


def test_two_mistakes_at_once_get_no_wrong_name() -> None:
    for exercise, source, mistakes in TWO:
        found = told(course(source), exercise)
        assert found is None or found.name in mistakes


def test_what_is_wrong_in_unknown_ways_has_no_wrong_name() -> None:
    """The bank may come to know some of them."""
    named = {source: m.name for exercise, source in UNKNOWN if (m := told(course(source), exercise))}
    assert set(named.values()) <= {"eps-squared"}


def test_a_mistake_is_told_by_ordinary_inputs_whatever_special_ones_meet() -> None:
    outside = """
def batchnorm_train(x, gamma, beta, eps):
    if len(x) == 1:
        raise ValueError("a batch of one")
    return gamma * (x - x.mean(axis=0)) / (x.std(axis=0) + eps) + beta
"""
    assert told(course(outside), "batchnorm_train").name == "eps-outside-root"


def test_a_failed_check_says_which_mistake_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "installed", lambda: KNOWN)
    entry = MUTANTS["train_eps_outside_root"]
    report = run("batchnorm_train", namespace(entry)["batchnorm_train"])
    assert report.mistake == Mistake(
        "eps-outside-root",
        KNOWN.titles["eps-outside-root"],
        entry.message,
        "mistakes.md#eps-outside-root",
    )
    assert Report.from_dict(json.loads(json.dumps(report.to_dict()))) == report
    assert run("batchnorm_train", namespace(None)["batchnorm_train"]).mistake is None


def test_a_stub_is_not_called_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "installed", lambda: KNOWN)

    def stub(*arguments: Any) -> None:
        raise NotImplementedError

    for exercise in EXERCISES:
        assert run(exercise, stub, **dict.fromkeys(HELPERS[exercise], stub)).mistake is None
    assert recognise("batchnorm_train", stub, {}, KNOWN) is None


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"schema": "bnlab-fingerprints", "version": 99}'])
def test_without_a_file_that_can_be_read_checks_work_without_names(monkeypatch, tmp_path, content) -> None:
    if content is not None:
        (tmp_path / names.FILE).write_text(content)
    monkeypatch.setattr(names, "files", lambda package: tmp_path)
    monkeypatch.setattr(names, "installed", names.installed.__wrapped__)
    report = run("batch_statistics", lambda x: (x.mean(axis=0), x.std(axis=0)))
    assert not report.passed
    assert report.mistake is None


def test_an_answer_that_no_probe_can_stand_leaves_the_report_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(see: object) -> None:
        raise RuntimeError("what is this?")

    monkeypatch.setattr(names, "installed", lambda: KNOWN)
    monkeypatch.setitem(PROBES, "batch_statistics", stumbles)
    report = run("batch_statistics", lambda x: (x.mean(axis=0), x.std(axis=0)))
    assert report.failure is not None
    assert report.mistake is None


def test_a_slow_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def slow(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        calls.append(time.sleep(0.05))
        return x.mean(axis=0), x.std(axis=0)

    monkeypatch.setattr(names, "SECONDS", 0.01)
    assert recognise("batch_statistics", slow, {}, KNOWN) is None
    assert len(calls) == 1


def test_a_look_takes_no_time_that_one_would_notice() -> None:
    for exercise in HELPERS:
        functions = namespace(None)
        helpers = {name: functions[name] for name in HELPERS[exercise]}
        look = partial(recognise, exercise, functions[exercise], helpers, KNOWN)

        def seconds(look: Callable = look) -> float:
            started = time.process_time()
            look()
            return time.process_time() - started

        assert min(seconds() for _ in range(3)) < 0.05, exercise


# The file


def test_the_same_bank_gives_the_same_bytes(tmp_path: Path) -> None:
    again = known_mistakes(dict(sorted(MUTANTS.items(), reverse=True)), KNOWN.titles)
    assert again == KNOWN
    assert fingerprints_file(assets(), tmp_path) == fingerprints_file(assets(), tmp_path) == RAW
    assert len(list(tmp_path.iterdir())) == 1


def test_without_a_bank_there_is_no_file(tmp_path: Path) -> None:
    assert fingerprints_file(Assets(tmp_path)) is None


@cache
def reference(exercise: str) -> Signature:
    found = signature(None, exercise)
    assert found is not None
    return found


def test_every_exercise_has_probes_and_known_mistakes() -> None:
    assert set(PROBES) == set(STAGE_OF) == set(KNOWN.fingerprints)


def test_no_digest_is_that_of_a_right_answer() -> None:
    for exercise in HELPERS:
        for part in (reference(exercise), reference(exercise).without_edges()):
            assert part is None or Known(_whole_and_ordinary(exercise)).look_up(exercise, part) is None


def _whole_and_ordinary(exercise: str) -> Mapping[str, tuple[names.Fingerprint, ...]]:
    """Rows whose two digests both count as those of whole signatures."""
    table = KNOWN.fingerprints[exercise]
    swapped = [names.Fingerprint(r.salt, r.ordinary, "", r.mistake, r.message) for r in table if r.ordinary]
    return {exercise: (*table, *swapped)}


def test_the_file_names_no_module_of_the_bank_and_holds_no_code() -> None:
    text = RAW.decode()
    entries = [*MUTANTS.values(), *VARIANTS.values()]
    assert not [e.name for e in entries if re.search(rf"\b{e.name}\b", text)]
    assert not [e.name for e in entries if e.docstring in text]
    for row in (row for table in KNOWN.fingerprints.values() for row in table):
        assert re.fullmatch("[0-9a-f]{8}", row.salt)
        assert re.fullmatch("[0-9a-f]{16}", row.digest)
        assert re.fullmatch("([0-9a-f]{16})?", row.ordinary)
    assert not re.search(r"bnlab_|def |import |axis=|np\.", text)


def test_salts_hide_which_exercises_share_an_answer() -> None:
    digests = [row.digest for table in KNOWN.fingerprints.values() for row in table]
    assert len(digests) == len(set(digests))


def test_every_name_leads_to_its_place_on_the_page() -> None:
    page = (assets().pages / KNOWN.page).read_text(encoding="utf-8")
    assert [name for name in KNOWN.titles if f'id="{name}"' not in page] == []


# Signatures


def spelled(*items: str | float, single: bool = False) -> list[bytes]:
    return list(Signature(list(items), single).spellings())


def test_a_number_at_a_border_has_two_spellings() -> None:
    border = 2.5 / 1024
    assert spelled(border + 1e-12)[1:] == spelled(border - 1e-12)[:1]
    assert len(spelled(border + 1e-6)) == 1
    assert len(spelled(border + 1e-6, single=True)) == 2
    assert spelled(*[border] * 20) == []


def test_a_signature_says_more_than_the_shape_and_less_than_the_digits() -> None:
    x = np.random.default_rng(0).normal(size=(7, 5))

    def of(array: np.ndarray) -> bytes:
        found = Signature()
        found.array(array)
        return next(found.spellings())

    assert of(x) == of(x * (1 + 1e-12))
    others = [
        x.T,
        x[::-1],
        x[:, ::-1],
        x * 1.01,
        x + 0.01,
        -x,
        0 * x,
        x.astype(int),
        np.where(x > 1, np.nan, x),
    ]
    assert len({of(x), *map(of, others)}) == len(others) + 1


@pytest.mark.parametrize(("inputs", "kept"), [(["one", "one"], ["one.json"]), (["one", "two"], [])])
def test_what_was_edited_meanwhile_is_not_kept(tmp_path, monkeypatch, inputs, kept):
    seen = iter(inputs)
    monkeypatch.setattr(fingerprints, "_inputs", lambda files: next(seen))
    monkeypatch.setattr(fingerprints, "_made", lambda mutants, pages, inputs: b"{}")
    assert fingerprints.fingerprints_file(assets(), tmp_path) == b"{}"
    assert [path.name for path in tmp_path.iterdir()] == kept
